#pragma once

/// \file
/// The command line has subcommands, each with a table of options. Parsing only selects what is to
/// be run: nothing runs inside the parser, and nothing is opened by it.

#include <functional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "cmd/environment.hpp"
#include "cmd/option_binder.hpp"
#include "cmd/run/families_job.hpp"
#include "cmd/run/help_job.hpp"
#include "cmd/run/probe_job.hpp"
#include "cmd/run/report_job.hpp"
#include "cmd/run/send_job.hpp"
#include "cmd/run/serve_job.hpp"
#include "cmd/run/wait_job.hpp"
#include "cmd/run/watch_job.hpp"

namespace netecho {

/// The user asked for something to read: the options, the version, a script, the schema.
struct PrintJob {
  std::string text;
};

/// A job is what a command line asks for, as checked values.
using Job = std::variant<ServeJob, SendJob, ProbeJob, WaitJob, WatchJob, ReportJob, FamiliesJob,
                         HelpJob, PrintJob>;

/// Makes the job of what was typed, once it was parsed. Throws a usage Error.
using Selected = std::function<Job()>;

/// Only the one that argv names binds its options (start-up time).
struct Subcommand {
  const char* name;
  const char* description;  ///< The line in --help; one without is not shown.
  Selected (*bind)(OptionBinder& options);

  [[nodiscard]] bool hidden() const { return *description == '\0'; }
};

/// Returns all subcommands, in the order of --help.
[[nodiscard]] const std::vector<Subcommand>& subcommands();
/// Returns null if there is none of that name.
[[nodiscard]] const Subcommand* find_subcommand(std::string_view name);

[[nodiscard]] Selected bind_serve(OptionBinder& options);
[[nodiscard]] Selected bind_send(OptionBinder& options);
[[nodiscard]] Selected bind_probe(OptionBinder& options);
[[nodiscard]] Selected bind_wait(OptionBinder& options);
[[nodiscard]] Selected bind_watch(OptionBinder& options);
[[nodiscard]] Selected bind_report(OptionBinder& options);
[[nodiscard]] Selected bind_families(OptionBinder& options);
[[nodiscard]] Selected bind_completion(OptionBinder& options);
[[nodiscard]] Selected bind_schema(OptionBinder& options);
[[nodiscard]] Selected bind_help(OptionBinder& options);
[[nodiscard]] Selected bind_complete(OptionBinder& options);
[[nodiscard]] Selected bind_manual(OptionBinder& options);

/// Returns the options and arguments of a subcommand in their order, without a command line.
[[nodiscard]] std::vector<const OptionSpec*> specs_of(const Subcommand& subcommand);
/// Returns those that have a variable: all options but --help and --print-config.
[[nodiscard]] std::vector<const OptionSpec*> variable_specs_of(const Subcommand& subcommand);

/// Returns what `words` (without the program's name) and the environment ask for. `origins` will
/// know which variables did. Throws a usage Error.
[[nodiscard]] Job parse_command_line(const std::vector<std::string>& words, Origins& origins);
[[nodiscard]] Job parse_command_line(const std::vector<std::string>& words);

/// Runs the job and returns the exit code. Throws Error.
[[nodiscard]] int run(const Job& job);

/// In which format errors are told beside their line on stderr, even those of parsing.
[[nodiscard]] const Format& error_format(const std::vector<std::string>& words);

/// What --help shows of a subcommand's options.
enum class HelpAmount : std::uint8_t { first, all };

/// Returns what `netecho --help` prints.
[[nodiscard]] std::string program_help();
/// Returns what `netecho SUBCOMMAND --help` prints; `specs` are those of the subcommand.
[[nodiscard]] std::string help_of(const Subcommand& subcommand,
                                  const std::vector<const OptionSpec*>& specs, HelpAmount amount);

/// An exit code, and what it means.
struct ExitMeaning {
  const char* code;
  const char* meaning;
};
[[nodiscard]] std::span<const ExitMeaning> exit_codes();

/// Returns what --print-config prints: a line each, with its value and where that comes from.
[[nodiscard]] std::string configuration_text(const std::vector<Setting>& settings);

}  // namespace netecho
