#pragma once

/// \file
/// What all flows of a run share, and what tells one flow from another.

#include <cstddef>
#include <cstdint>

#include "core/base/clock.hpp"
#include "core/base/units.hpp"
#include "core/measure/histogram.hpp"
#include "core/probe/prober.hpp"
#include "core/probe/prober_buffers.hpp"

namespace netecho {

struct ProberContext {
  const ProbeOptions& options;
  const Clock& clock;
  Waiter& waiter;
  ProbeObserver& observer;
  ProberBuffers& buffers;
  bool tells_outcomes;  ///< The observer wants them.
  Duration clock_read;

  /// The same for a target that has options of its own.
  [[nodiscard]] ProberContext with(const ProbeOptions& others) const noexcept {
    return {.options = others,
            .clock = clock,
            .waiter = waiter,
            .observer = observer,
            .buffers = buffers,
            .tells_outcomes = tells_outcomes,
            .clock_read = clock_read};
  }
};

/// Which flow of which target it is, what is random about it, and whether it is one of many.
struct FlowIdentity {
  std::uint32_t id = 0;  ///< Among all flows of the run.
  std::size_t target = 0;
  std::uint32_t flow = 0;
  std::uint64_t session = 0;
  std::uint64_t warm_up_session = 0;
  HistogramSpace space = HistogramSpace::at_once;  ///< Its distributions take it.
};

}  // namespace netecho
