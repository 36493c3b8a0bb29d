#pragma once

/// \file
/// The command line as a CLI11 tree. A subcommand only selects what is to be run; nothing runs
/// inside the parser, and nothing is opened by it.

#include <functional>
#include <string>
#include <variant>
#include <vector>

#include "cmd/run/probe_job.hpp"
#include "cmd/run/send_job.hpp"
#include "cmd/run/serve_job.hpp"

namespace CLI {
class App;
}

namespace netecho {

/// Something to be read: help, the version, a script, the schema.
struct PrintJob {
  std::string text;
};

/// What a command line asks for, as checked values.
using Job = std::variant<ServeJob, SendJob, ProbeJob, PrintJob>;

/// What the parser chose: makes the job of what was typed. Throws a usage Error.
using Selected = std::function<Job()>;

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

/// What `words` (without the program's name) ask for. Throws a usage Error.
[[nodiscard]] Job parse_command_line(const std::vector<std::string>& words);

/// Does it, and returns the exit code. Throws Error.
[[nodiscard]] int run(const Job& job);

/// Whether the user asked for JSON: then errors are reported in it, too, even those of parsing.
enum class ErrorFormat : unsigned char { line, result, event };
[[nodiscard]] ErrorFormat error_format(const std::vector<std::string>& words);

/// --help of one subcommand; of the program with null.
[[nodiscard]] std::string help_text(const CLI::App& app, const Subcommand* subcommand);

}  // namespace netecho
