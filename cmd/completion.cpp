#include "cmd/completion.hpp"

#include <algorithm>
#include <memory>

#include "cmd/cli.hpp"
#include "core/report/json.hpp"
#include "protocols/registry.hpp"

namespace netecho {
namespace {

struct CompletionTyped {
  std::string shell;
};

constexpr OptionRow<CompletionTyped> kShell[] = {
    {{"shell", choice("bash|zsh|fish"), "The shell whose script is printed"},
     &CompletionTyped::shell}};

/// A word is offered as it is, such as "auto" or "802.3"; the N of "N|auto" stands for a number.
bool is_literal(const std::string& word) {
  return std::none_of(word.begin(), word.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}

CompletionOption completion_option(const OptionSpec& spec) {
  CompletionOption out;
  out.names = parts_of(spec.names, ',');
  out.description = spec.summary.c_str();
  out.kind = spec.value.kind;
  out.optional_value = spec.value.place == ValuePlace::attached;
  if (out.kind == ValueKind::choice || out.kind == ValueKind::open_choice) {
    for (std::string& word : parts_of(spec.value.name, '|')) {
      if (is_literal(word)) out.choices.push_back(std::move(word));
    }
  }
  return out;
}

std::string script_of(const std::string& shell) {
  const std::vector<CompletionCommand> commands = completion_commands();
  return shell == "bash"  ? bash_completion(commands)
         : shell == "zsh" ? zsh_completion(commands)
                          : fish_completion(commands);
}

}  // namespace

std::vector<CompletionCommand> completion_commands() {
  std::vector<CompletionCommand> out;
  for (const Subcommand& each : subcommands()) {
    if (each.hidden()) continue;
    CompletionCommand command;
    command.name = each.name;
    command.description = each.description;
    if (command.name == "serve") command.endpoint_role = "serve";
    for (const OptionSpec* spec : specs_of(each)) {
      if (!spec->positional()) {
        command.options.push_back(completion_option(*spec));
      } else if (command.positional.kind == ValueKind::none) {
        command.positional = completion_option(*spec);
      }
    }
    out.push_back(std::move(command));
  }
  return out;
}

Selected bind_completion(OptionBinder& options) {
  const auto typed = std::make_shared<CompletionTyped>();
  options.bind(kShell, *typed);
  return [typed] { return PrintJob{script_of(typed->shell)}; };
}

Selected bind_schema(OptionBinder& /*none of its own*/) {
  return [] { return PrintJob{json_schema(transport_names()) + "\n"}; };
}

}  // namespace netecho
