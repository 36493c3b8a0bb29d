#include "cmd/completion.hpp"

namespace netecho {
namespace {

std::string quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') out += '\\';
    out += c;
  }
  return out + "'";
}

std::string values(const CompletionOption& option, const std::string& role) {
  switch (option.kind) {
    case ValueKind::none:
      return "";
    case ValueKind::other:
      return " -x";
    case ValueKind::file:
      return " -r -F";
    case ValueKind::interface:
      return " -x -a '(__netecho_words interface)'";
    case ValueKind::dscp:
      return " -x -a '(__netecho_words dscp)'";
    case ValueKind::endpoint:
      return " -a '(__netecho_words " + role + ")'";
    case ValueKind::choice:
    case ValueKind::open_choice:
      break;
  }
  std::string out;
  for (const std::string& choice : option.choices) out += (out.empty() ? "" : " ") + choice;
  return " -x -a '" + out + "'";
}

}  // namespace

std::string fish_completion(const std::vector<CompletionCommand>& commands) {
  std::string out = R"(# Completion of netecho for fish. Made by 'netecho completion fish'.

function __netecho_words
    set -l words (commandline -opc)
    set -l typed (commandline -ct | string collect)
    # Not while a quote is open.
    set -l value (string unescape -- $typed | string collect)
    test -n "$value"; or set value (string trim -l -c '"\'' -- $typed | string collect)
    $words[1] __complete $argv[1] (string replace -r '^--[^=]*=' '' -- $value) 2>/dev/null
end

complete -c netecho -f
complete -c netecho -n __fish_use_subcommand -l help -d 'Print help'
complete -c netecho -n __fish_use_subcommand -s V -l version -d 'Print the version'
)";
  for (const CompletionCommand& command : commands) {
    const std::string when =
        "complete -c netecho -n '__fish_seen_subcommand_from " + command.name + "'";
    out += "\ncomplete -c netecho -n __fish_use_subcommand -a " + command.name + " -d " +
           quoted(command.description) + "\n";
    for (const CompletionOption& option : command.options) {
      out += when;
      for (const std::string& name : option.names) {
        out += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
      }
      // An optional value only follows '=': fish must not ask for one.
      if (!option.optional_value) out += values(option, command.endpoint_role);
      out += " -d " + quoted(option.description) + "\n";
    }
    if (command.positional.kind != ValueKind::none) {
      std::string arguments = values(command.positional, command.endpoint_role);
      if (arguments.starts_with(" -x")) arguments.erase(0, 3);
      out += when + arguments + "\n";
    }
  }
  return out;
}

}  // namespace netecho
