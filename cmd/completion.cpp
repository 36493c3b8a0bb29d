#include "cmd/completion.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>

#include "cmd/cli.hpp"
#include "cmd/common_options.hpp"
#include "core/report/json.hpp"
#include "protocols/registry.hpp"

namespace netecho {
namespace {

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts{""};
  for (const char c : text) {
    if (c == separator) {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  return parts;
}

/// "auto", not the N of "N|auto", which stands for a number.
bool is_literal(const std::string& choice) {
  return std::any_of(choice.begin(), choice.end(), [](char c) { return c >= 'a' && c <= 'z'; });
}

void set_kind(CompletionOption& out, const std::string& type) {
  if (type.find('|') != std::string::npos) {
    out.kind = ValueKind::choice;
    for (std::string& choice : split(type, '|')) {
      if (is_literal(choice)) out.choices.push_back(std::move(choice));
    }
  } else if (type == "FILE") {
    out.kind = ValueKind::file;
  } else if (type == "IF") {
    out.kind = ValueKind::interface;
  } else if (type == "DSCP") {
    out.kind = ValueKind::dscp;
  } else if (type.find("ENDPOINT") != std::string::npos) {
    out.kind = ValueKind::endpoint;
  } else if (!type.empty()) {
    out.kind = ValueKind::other;
  }
}

CompletionOption completion_option(const CLI::Option& option) {
  CompletionOption out;
  for (const std::string& name : option.get_snames()) out.names.push_back("-" + name);
  for (const std::string& name : option.get_lnames()) out.names.push_back("--" + name);
  out.description = option.get_description();
  set_kind(out, option.get_type_name());
  out.optional_value = option.get_expected_min() == 0 && out.kind != ValueKind::none;
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
    if (*each.description == '\0') continue;
    CLI::App app;
    app.set_help_flag();
    Selected ignored;
    each.add_options(app, ignored);
    CompletionCommand command;
    command.name = each.name;
    command.description = each.description;
    if (command.name == "serve") command.endpoint_role = "serve";
    for (const CLI::Option* option : app.get_options()) {
      if (!option->get_positional()) {
        command.options.push_back(completion_option(*option));
      } else if (command.positional.kind == ValueKind::none) {
        command.positional = completion_option(*option);
      }
    }
    out.push_back(std::move(command));
  }
  return out;
}

void add_completion_options(CLI::App& sub, Selected& selected) {
  const auto shell = std::make_shared<std::string>();
  restrict_to(sub.add_option("shell", *shell, "Which shell"), {"bash", "zsh", "fish"})->required();
  add_help_flag(sub);
  sub.callback([shell, &selected] { selected = [shell] { return PrintJob{script_of(*shell)}; }; });
}

void add_schema_options(CLI::App& sub, Selected& selected) {
  add_help_flag(sub);
  sub.callback(
      [&selected] { selected = [] { return PrintJob{json_schema(transport_names()) + "\n"}; }; });
}

}  // namespace netecho
