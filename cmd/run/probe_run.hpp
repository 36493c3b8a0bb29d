#pragma once

/// \file
/// One run of `probe` connects to every endpoint, probes those that could be reached, side by
/// side, and has a result for each.

#include <functional>
#include <memory>
#include <vector>

#include "cmd/run/probe_job.hpp"
#include "core/host/interrupt.hpp"
#include "core/probe/probe_observer.hpp"

namespace netecho {

struct ProbeRun {
  std::vector<ProbeResult> results;  ///< They are in the order of the endpoints.
  std::vector<ErrorEvent> errors;
  bool interrupted = false;
};

/// Makes the observer of a run.
using MakeObserver = std::function<std::unique_ptr<ProbeObserver>()>;

/// Probes all endpoints at once. Throws a usage Error; all other errors are results.
[[nodiscard]] ProbeRun probe_side_by_side(const std::vector<Endpoint>& endpoints,
                                          const ProbeJob& job, Interrupt& interrupt,
                                          const MakeObserver& make_observer);

}  // namespace netecho
