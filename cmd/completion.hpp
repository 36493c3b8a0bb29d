#pragma once

/// \file
/// What a shell needs to know to complete a command line, taken from the CLI11 tree, and the
/// scripts that are made of it.

#include <string>
#include <vector>

namespace netecho {

/// What stands behind an option, or a positional argument.
enum class ValueKind : unsigned char {
  none,       ///< A flag.
  other,      ///< Nothing that could be completed.
  choice,     ///< One of `choices`.
  file,       ///< In bash asked of `netecho __complete file`; zsh and fish know files themselves.
  interface,  ///< Asked of `netecho __complete interface`.
  dscp,
  endpoint,  ///< Asked of `netecho __complete serve|client`.
};

struct CompletionOption {
  std::vector<std::string> names;  ///< "-c", "--count".
  std::string description;
  ValueKind kind = ValueKind::none;
  bool optional_value = false;  ///< Only as --name=VALUE.
  std::vector<std::string> choices;
};

struct CompletionCommand {
  std::string name;
  std::string description;
  std::vector<CompletionOption> options;
  CompletionOption positional;
  std::string endpoint_role = "client";
};

[[nodiscard]] std::vector<CompletionCommand> completion_commands();

[[nodiscard]] std::string bash_completion(const std::vector<CompletionCommand>& commands);
[[nodiscard]] std::string zsh_completion(const std::vector<CompletionCommand>& commands);
[[nodiscard]] std::string fish_completion(const std::vector<CompletionCommand>& commands);

}  // namespace netecho
