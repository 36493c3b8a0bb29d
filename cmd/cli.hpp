#pragma once

/// \file
/// The command line as a CLI11 tree. A subcommand only selects what is to be run; nothing runs
/// inside the parser.

#include <functional>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace netecho {

/// What the parser chose: runs the job and returns the exit code. May throw Error.
using Selected = std::function<int()>;

/// One subcommand: how it is registered. Only the one that argv names is (start-up time).
struct Subcommand {
  const char* name;
  const char* description;
  void (*add_options)(CLI::App& sub, Selected& selected);
};

/// All of them, in the order of --help. A hidden one has an empty description.
[[nodiscard]] const std::vector<Subcommand>& subcommands();

void add_serve_options(CLI::App& sub, Selected& selected);
void add_send_options(CLI::App& sub, Selected& selected);
void add_probe_options(CLI::App& sub, Selected& selected);
void add_completion_options(CLI::App& sub, Selected& selected);
void add_schema_options(CLI::App& sub, Selected& selected);
void add_complete_options(CLI::App& sub, Selected& selected);

/// Parses `words` (without the program's name), runs what they select, and returns the exit code.
/// Throws Error.
[[nodiscard]] int run_command_line(const std::vector<std::string>& words);

/// Whether the user asked for JSON: then errors are reported in it, too, even those of parsing.
enum class ErrorFormat : unsigned char { line, result, event };
[[nodiscard]] ErrorFormat error_format(const std::vector<std::string>& words);

/// --help of one subcommand; of the program with null.
[[nodiscard]] std::string help_text(const CLI::App& app, const Subcommand* subcommand);

}  // namespace netecho
