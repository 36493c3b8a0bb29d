#pragma once

/// \file
/// The scripts by which shells complete a command line are made of what the specs of the options
/// say.

#include <string>
#include <vector>

#include "cmd/option_spec.hpp"

namespace netecho {

struct CompletionOption {
  std::vector<std::string> names;  ///< Each stands alone: "-c", "--count".
  std::string description;
  ValueKind kind = ValueKind::none;
  bool optional_value = false;       ///< A value is given as --name=VALUE only, or not at all.
  std::vector<std::string> choices;  ///< The words to offer, where there are choices.
};

struct CompletionCommand {
  std::string name;
  std::string description;
  std::vector<CompletionOption> options;
  CompletionOption positional;
  std::string endpoint_role = "client";  ///< What `netecho __complete` is asked for.
};

[[nodiscard]] std::vector<CompletionCommand> completion_commands();

[[nodiscard]] std::string bash_completion(const std::vector<CompletionCommand>& commands);
[[nodiscard]] std::string zsh_completion(const std::vector<CompletionCommand>& commands);
[[nodiscard]] std::string fish_completion(const std::vector<CompletionCommand>& commands);

}  // namespace netecho
