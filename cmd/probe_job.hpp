#pragma once

/// \file
/// `netecho probe` as values, and the pieces that its two forms share.

#include <optional>
#include <string>
#include <vector>

#include "cmd/context.hpp"
#include "core/engine/prober.hpp"
#include "core/host/interrupt.hpp"

namespace netecho {

struct ProbeJob {
  CommonOptions common;
  std::vector<std::string> endpoints;
  ProbeOptions probe;
  std::optional<Duration> deadline;
  bool self = false;
};

/// Both run the job and return the exit code. Throw Error.
[[nodiscard]] int run_probe(const ProbeJob& job);
[[nodiscard]] int run_self_probe(const ProbeJob& job);

/// Checks what the options ask of an endpoint's transport. Throws a usage Error.
void check_probe(const Endpoint& endpoint, const ProbeOptions& options);

/// Connects to one target. Throws Error, Interrupted.
[[nodiscard]] ProbeTarget make_target(const Endpoint& endpoint, const ProbeJob& job,
                                      Interrupt& interrupt);

/// A target that was never probed.
[[nodiscard]] Summary failed_summary(const Endpoint& endpoint, const ProbeJob& job,
                                     const Error& error);

/// The code of the run: 0, the code that all failing targets share, or 1.
[[nodiscard]] int common_exit_code(const std::vector<Summary>& summaries);

/// Writes the one JSON object at the end. Throws Error once stdout fails.
void write_result(Output& output, const std::vector<Summary>& summaries,
                  const std::vector<ErrorEvent>& errors, int exit_code);

}  // namespace netecho
