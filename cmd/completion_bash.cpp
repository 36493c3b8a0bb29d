#include "cmd/completion.hpp"

namespace netecho {
namespace {

std::string join(const std::vector<std::string>& words, const char* between) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : between) + word;
  return out;
}

constexpr const char* kHead =
    R"bash(# Completion of netecho for bash. Made by 'netecho completion bash'.

# Bash splits words at ':' and '=', so "tcp://lo" arrives in pieces, quoted as they were typed. The
# words are taken from the line itself, and what the shell already sees as typed is cut off the
# candidates; COMP_WORDBREAKS stays as it is.

# Takes $1 apart as the shell will: into `words`, and the `quote` that is still open at its end.
# Fails if a word isn't known before the line is run: `$name` and the like.
_netecho_split() {
  local text=$1 word='' inside='' c i
  words=() quote=''
  for ((i = 0; i < ${#text}; ++i)); do
    c=${text:i:1}
    if [[ $quote == "'" ]]; then
      if [[ $c == "'" ]]; then quote=''; else word+=$c; fi
    elif [[ $c == \\ ]]; then
      ((++i))
      c=${text:i:1}
      [[ $quote && $c != [\"\$\`\\] ]] && word+=\\
      word+=$c inside=1
    elif [[ $c == [\$\`] ]]; then
      return 1
    elif [[ $quote && $c == \" ]]; then
      quote=''
    elif [[ $quote ]]; then
      word+=$c
    elif [[ $c == [\'\"] ]]; then
      quote=$c inside=1
    elif [[ $c == [[:space:]] ]]; then
      [[ $inside ]] && words+=("$word")
      word='' inside=''
    else
      word+=$c inside=1
    fi
  done
  words+=("$word")
}

# $1 as it must be typed where the quote $2, or none, is open; fails where that can't be done.
_netecho_quote() {
  local c i
  quoted=''
  if [[ $2 == "'" ]]; then
    quoted=$1
    [[ $1 != *\'* ]]
    return
  fi
  # An exclamation mark would be looked for in the history, even behind a backslash.
  [[ $2 && $1 == *!* ]] && return 1
  for ((i = 0; i < ${#1}; ++i)); do
    c=${1:i:1}
    if [[ $2 ]]; then
      [[ $c == [\"\$\`\\] ]] && quoted+=\\
    elif [[ $c != [[:alnum:]_./:,+%@=-] ]]; then
      quoted+=\\
    fi
    quoted+=$c
  done
  # Readline takes a quote at the end for the one that closes.
  [[ $2 && $1 == *\" ]] && quoted+=\"
  return 0
}

_netecho() {
  local line=${COMP_LINE:0:COMP_POINT} words quote program=${COMP_WORDS[0]} command cur prev
  local -a candidates=()
  local IFS=$' \t\n'
  COMPREPLY=()
  # Readline replaces $2 only, what follows the last break: what is before it stays as it is.
  [[ $line == *"$2" ]] || return 0
  _netecho_split "${line:0:${#line}-${#2}}" || return 0
  local kept=${words[${#words[@]} - 1]} open=$quote
  _netecho_split "$line" || return 0
  local count=${#words[@]}
  ((count > 1)) || return 0
  cur=${words[count - 1]}
  prev=${words[count - 2]}
  command=${words[1]}

  local typed=$cur
  if [[ $cur == --*=* ]]; then
    prev=${cur%%=*}
    cur=${cur#*=}
  fi
  local prefix=${typed%"$cur"} home=''

  if ((count == 2)); then
    mapfile -t candidates < <(compgen -W '@COMMANDS@ --help --version' -- "$cur")
  else
    case "$command $prev" in
@VALUES@      *)
        case $command in
@COMMAND_WORDS@        esac
        ;;
    esac
  fi

  local candidate quoted
  for candidate in "${candidates[@]}"; do
    candidate=$prefix$candidate
    [[ $candidate == "$kept"* ]] || continue
    candidate=${candidate#"$kept"}
    if [[ $home && $candidate == '~'* ]]; then
      _netecho_quote "${candidate#\~}" "$open" && COMPREPLY+=("~$quoted")
    else
      _netecho_quote "$candidate" "$open" && COMPREPLY+=("$quoted")
    fi
  done
  case ${COMPREPLY[0]-} in
    *[:/=]) compopt -o nospace 2>/dev/null ;;
  esac
  return 0
}

# A home folder that was typed as ~ stays so.
_netecho_files() {
  local name=$cur
  if [[ $typed == '~/'* && $line == *[[:space:]]'~/'* ]]; then
    home=$HOME
    name=$home${cur#\~}
  fi
  mapfile -t candidates < <("$program" __complete file "$name" 2>/dev/null)
  [[ ! $home ]] || candidates=("${candidates[@]/#"$home"/\~}")
}

complete -F _netecho netecho
)bash";

std::string replaced(std::string text, const std::string& what, const std::string& with) {
  const std::size_t at = text.find(what);
  return text.replace(at, what.size(), with);
}

std::string fill(const CompletionOption& option, const std::string& role) {
  switch (option.kind) {
    case ValueKind::choice:
    case ValueKind::open_choice:
      return "mapfile -t candidates < <(compgen -W '" + join(option.choices, " ") +
             "' -- \"$cur\")";
    case ValueKind::file:
      return "_netecho_files";
    case ValueKind::interface:
      return "mapfile -t candidates < <(\"$program\" __complete interface \"$cur\" 2>/dev/null)";
    case ValueKind::dscp:
      return "mapfile -t candidates < <(\"$program\" __complete dscp \"$cur\" 2>/dev/null)";
    case ValueKind::endpoint:
      return "mapfile -t candidates < <(\"$program\" __complete " + role + " \"$cur\" 2>/dev/null)";
    case ValueKind::none:
    case ValueKind::other:
      break;
  }
  return ":";
}

std::string option_values(const CompletionCommand& command) {
  std::string out;
  for (const CompletionOption& option : command.options) {
    if (option.kind == ValueKind::none || option.optional_value) continue;
    std::vector<std::string> patterns;
    for (const std::string& name : option.names)
      patterns.push_back("'" + command.name + " " + name + "'");
    out += "      " + join(patterns, " | ") + ") " + fill(option, command.endpoint_role) + " ;;\n";
  }
  return out;
}

std::string command_words(const CompletionCommand& command) {
  std::vector<std::string> names;
  for (const CompletionOption& option : command.options) {
    for (const std::string& name : option.names) names.push_back(name);
  }
  return "          " + command.name + ")\n            if [[ $cur == -* ]]; then\n" +
         "              mapfile -t candidates < <(compgen -W '" + join(names, " ") +
         "' -- \"$cur\")\n            else\n              " +
         fill(command.positional, command.endpoint_role) + "\n            fi\n            ;;\n";
}

}  // namespace

std::string bash_completion(const std::vector<CompletionCommand>& commands) {
  std::vector<std::string> names;
  std::string values;
  std::string words;
  for (const CompletionCommand& command : commands) {
    names.push_back(command.name);
    values += option_values(command);
    words += command_words(command);
  }
  std::string script = replaced(kHead, "@COMMANDS@", join(names, " "));
  script = replaced(std::move(script), "@VALUES@", values);
  return replaced(std::move(script), "@COMMAND_WORDS@", words);
}

}  // namespace netecho
