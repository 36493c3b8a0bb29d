#pragma once

/// \file
/// What is wrong with a command line is told in netecho's words: CLI11's own name neither the
/// option first nor a way out.

#include <string>
#include <vector>

#include "cmd/option_spec.hpp"
#include "core/base/error.hpp"

namespace CLI {
class App;
class ParseError;
}  // namespace CLI

namespace netecho {

/// Returns the error that `word` is no subcommand, with the nearest one.
[[nodiscard]] Error unknown_subcommand(const std::string& word);

/// Throws for what is left over after parsing: an option that is none of `specs`, or one argument
/// too many.
void reject_extras(const CLI::App& sub, const std::vector<const OptionSpec*>& specs);

[[nodiscard]] Error explained(const CLI::ParseError& error, const CLI::App& sub);

}  // namespace netecho
