#pragma once

/// \file
/// The results of `probe` come to this: thresholds, the exit code, and how all of it is shown.

#include <vector>

#include "cmd/run/probe_files.hpp"
#include "cmd/run/probe_job.hpp"
#include "core/report/sink.hpp"

namespace netecho {

/// Warns of drawings that are wanted and will not be shown: they are for people who read text.
void warn_of_drawings(const ProbeJob& job);

/// Evaluates the thresholds of the job; a target that fails one has exit code 1 at least.
void judge(std::vector<ProbeResult>& results, const ProbeJob& job);

/// Tells of thresholds that failed on stderr, so that a script sees why without the summary.
void report_failures(const std::vector<ProbeResult>& results, const ProbeJob& job);

[[nodiscard]] std::vector<Summary> summaries_of(const std::vector<ProbeResult>& results);

/// Ends what was written while it was measured: waits for it, and adds to `results` and `errors`
/// what did not get to its reader or into a file.
void tell_of_output(std::vector<ProbeResult>& results, std::vector<ErrorEvent>& errors,
                    QueueSink& sink, ProbeFiles& files);

/// Returns what the process ends with. A file or a stdout that is not complete weighs more than
/// what was measured; an error of stdout is told here, because nothing can be told there.
[[nodiscard]] int code_of_run(const std::vector<Summary>& summaries,
                              const std::vector<ErrorEvent>& errors, const Output& output);

/// Shows results and errors in `format`, and returns the code of the run.
[[nodiscard]] int show_results(const std::vector<ProbeResult>& results,
                               const std::vector<ErrorEvent>& errors, const ProbeJob& job,
                               const Format& format, Output& output, const TextStyle& style,
                               const ProbeFiles& files);

}  // namespace netecho
