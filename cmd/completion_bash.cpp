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

# Bash splits words at ':' and '=', so "tcp://lo" arrives in pieces. The words are taken from the
# line itself, and what the shell already sees as typed is cut off the candidates; COMP_WORDBREAKS
# stays as it is.
_netecho() {
  local line=${COMP_LINE:0:COMP_POINT} program=${COMP_WORDS[0]} command cur prev
  local -a words candidates=()
  read -ra words <<<"$line"
  [[ $line == *[[:space:]] ]] && words+=('')
  local count=${#words[@]}
  cur=${words[count - 1]}
  prev=${words[count - 2]}
  command=${words[1]}
  COMPREPLY=()

  local typed=$cur
  if [[ $cur == --*=* ]]; then
    prev=${cur%%=*}
    cur=${cur#*=}
  fi
  local prefix=${typed%"$cur"}

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

  ((${#candidates[@]})) || return 0
  candidates=("${candidates[@]/#/$prefix}")
  # Readline replaces only what follows the last break, so that is all it may be given.
  local breaks=${COMP_WORDBREAKS//[^:=]/} cut=''
  if [[ -n $breaks && $typed == *[$breaks]* ]]; then
    cut=${typed%"${typed##*[$breaks]}"}
  fi
  COMPREPLY=("${candidates[@]#"$cut"}")
  case ${COMPREPLY[0]} in
    *[:/=]) compopt -o nospace 2>/dev/null ;;
  esac
  return 0
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
      return "mapfile -t candidates < <(compgen -W '" + join(option.choices, " ") +
             "' -- \"$cur\")";
    case ValueKind::file:
      return "mapfile -t candidates < <(compgen -f -- \"$cur\")";
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
