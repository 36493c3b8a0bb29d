#pragma once

/// \file
/// Every option has a variable of the environment, named after subcommand and option:
/// NETECHO_PROBE_COUNT. What is typed goes before it, and a variable that is empty is unset.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cmd/option_spec.hpp"
#include "core/base/error.hpp"

namespace netecho {

/// Returns the name of an option's variable.
[[nodiscard]] std::string variable_of(std::string_view subcommand, const OptionSpec& spec);

/// Returns a variable's value; empty if it is unset.
[[nodiscard]] std::string variable_value(const std::string& name);

/// Reads what a variable says of a flag: 1, true or yes, 0, false or no. Throws a usage Error.
[[nodiscard]] bool flag_value(const std::string& variable, const std::string& text);

/// Holds the variables of one subcommand, as they are when it is made; empty ones are left out.
class Environment {
 public:
  struct Variable {
    std::string name;
    std::string value;
  };

  explicit Environment(std::string_view subcommand);

  /// Returns an option's variable, which is known from now on; null if it is unset.
  [[nodiscard]] const Variable* take(const OptionSpec& spec);

  /// Returns what is wrong with the variables that belong to none of the options that were taken: a
  /// line each, with the nearest name. Kubernetes names some after its services, which are no
  /// mistakes.
  [[nodiscard]] std::vector<std::string> complaints() const;

 private:
  std::string subcommand_;
  std::vector<Variable> variables_;
  std::vector<std::string> known_;  ///< The names that were asked for.
};

/// Remembers which options have their values from variables: these name an error, then.
class Origins {
 public:
  void add(const OptionSpec& spec, std::string variable);

  /// Returns the error as it is, or, if it is about an option of a variable, about that variable.
  [[nodiscard]] Error named(const Error& error) const;

 private:
  std::vector<std::pair<const OptionSpec*, std::string>> variables_;
};

/// Returns the words with --format, --json and --lines as the variables have them, unless they are
/// typed: errors are told in that format even before the command line has been parsed.
[[nodiscard]] std::vector<std::string> with_format_variables(std::vector<std::string> words);

}  // namespace netecho
