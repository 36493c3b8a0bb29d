#include "cmd/completion.hpp"

namespace netecho {
namespace {

constexpr const char* kScript =
    R"zsh(#compdef netecho
# Completion of netecho for zsh. Made by 'netecho completion zsh'.

# _arguments puts options for compadd before the kind of words.
_netecho_words() {
  local -a candidates
  # What is typed so far, in the quotes that are still open.
  local typed=$compstate[quote]$PREFIX$compstate[quote]
  candidates=(${(f)"$($_netecho_program __complete $@[-1] "${(Q)typed}" 2>/dev/null)"})
  compadd "${@[1,-2]}" -S '' -- $candidates
}

_netecho() {
  local _netecho_program=$words[1]
  local -a specifications
  if ((CURRENT == 2)); then
    local -a commands=(
@COMMANDS@
    )
    _describe command commands
    compadd -- --help --version
    return
  fi
  case $words[2] in
@CASES@
  esac
  shift words
  ((CURRENT--))
  _arguments -s -S $specifications
}

if [[ $funcstack[1] == _netecho ]]; then
  _netecho "$@"
else
  compdef _netecho netecho
fi
)zsh";

std::string replaced(std::string text, const std::string& what, const std::string& with) {
  return text.replace(text.find(what), what.size(), with);
}

/// Escapes `text` for a '…' word inside an _arguments specification.
std::string quoted(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '\'') {
      out += "'\\''";
    } else {
      if (c == ':' || c == '[' || c == ']') out += '\\';
      out += c;
    }
  }
  return out;
}

std::string action(const CompletionOption& option, const std::string& role) {
  switch (option.kind) {
    case ValueKind::none:
      return "";
    case ValueKind::other:
      return ":value: ";
    case ValueKind::file:
      return ":file:_files";
    case ValueKind::interface:
      return ":interface:_netecho_words interface";
    case ValueKind::dscp:
      return ":code point:_netecho_words dscp";
    case ValueKind::endpoint:
      return ":endpoint:_netecho_words " + role;
    case ValueKind::choice:
    case ValueKind::open_choice:
      break;
  }
  std::string out = ":value:(";
  for (const std::string& choice : option.choices) {
    out += (out.back() == '(' ? "" : " ") + choice;
  }
  return out + ")";
}

std::string specification(const CompletionOption& option, const std::string& name,
                          const std::string& role) {
  const char* joins = option.kind == ValueKind::none ? ""
                      : option.optional_value        ? "=-"
                      : name.size() > 2              ? "="
                                                     : "+";
  return "        '" + name + joins + "[" + quoted(option.description) + "]" +
         (option.optional_value ? ":" : "") + action(option, role) + "'\n";
}

}  // namespace

std::string zsh_completion(const std::vector<CompletionCommand>& commands) {
  std::string names;
  std::string cases;
  for (const CompletionCommand& command : commands) {
    names += "      '" + command.name + ":" + quoted(command.description) + "'\n";
    cases += "    " + command.name + ")\n      specifications=(\n";
    for (const CompletionOption& option : command.options) {
      for (const std::string& name : option.names) {
        cases += specification(option, name, command.endpoint_role);
      }
    }
    if (command.positional.kind != ValueKind::none) {
      cases += "        '*" + action(command.positional, command.endpoint_role) + "'\n";
    }
    cases += "      )\n      ;;\n";
  }
  std::string script = replaced(kScript, "@COMMANDS@\n", names);
  return replaced(std::move(script), "@CASES@\n", cases);
}

}  // namespace netecho
