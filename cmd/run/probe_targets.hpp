#pragma once

/// \file
/// The two forms of `probe` share this: the way from an endpoint to something that can be probed.

#include <string>
#include <vector>

#include "cmd/run/probe_job.hpp"

namespace netecho {

/// Returns the job with its deadline counted from now.
[[nodiscard]] ProbeJob started(const ProbeJob& job);
/// Returns the job with its key read. Throws Error (io).
[[nodiscard]] ProbeJob with_key(const ProbeJob& job);

/// Returns the runs that the job asks for, one after the other: one a size.
[[nodiscard]] std::vector<ProbeJob> runs_of(const ProbeJob& job);

/// Checks what the options of a job ask of an endpoint's transport. Throws a usage Error; one about
/// the size names the option that the size came from.
void check_probe(const Endpoint& endpoint, const ProbeJob& job, const char* size_option = "--size");

/// Makes a target whose connections are still to be made.
[[nodiscard]] ProbeTarget make_target(const Endpoint& endpoint, const ProbeJob& job);

/// Makes the result of a target that was never probed.
[[nodiscard]] Summary failed_summary(const Endpoint& endpoint, const ProbeJob& job,
                                     const Error& error);

/// Returns the code of the run: 0, the code that all failing targets share, or 1.
[[nodiscard]] int common_exit_code(const std::vector<Summary>& summaries);

}  // namespace netecho
