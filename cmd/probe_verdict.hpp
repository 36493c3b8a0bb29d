#pragma once

/// \file
/// What the results of `probe` come to: thresholds, the exit code, and how all of it is shown.

#include <vector>

#include "cmd/probe_job.hpp"
#include "core/report/sink.hpp"

namespace netecho {

/// Evaluates the thresholds of the job; a target that fails one has exit code 1 at least.
void judge(std::vector<ProbeResult>& results, const ProbeJob& job);

/// Tells of thresholds that failed on stderr, so that a script sees why without the summary.
void report_failures(const std::vector<ProbeResult>& results, const ProbeJob& job);

[[nodiscard]] std::vector<Summary> summaries_of(const std::vector<ProbeResult>& results);

/// Shows results and errors in `format`, and returns the code of the run. Throws Error once stdout
/// fails.
[[nodiscard]] int show_results(const std::vector<ProbeResult>& results,
                               const std::vector<ErrorEvent>& errors, const ProbeJob& job,
                               OutputFormat format, Output& output, const TextStyle& style);

}  // namespace netecho
