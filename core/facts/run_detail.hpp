#pragma once

/// \file
/// What a summary has no room for: the distributions themselves, of which it has a few figures, and
/// what is only known when the run ends.

#include <cstdint>

#include "core/measure/histogram.hpp"

namespace netecho {

struct RunDetail {
  Histogram latency{HistogramSpace::as_needed};  ///< RTT, or the time of connecting.
  Histogram response{HistogramSpace::as_needed};
  Histogram server_residence{HistogramSpace::as_needed};
  Histogram send_lateness{HistogramSpace::as_needed};
  /// So many ticks went without an answer: they count as +infinity in `latency` and `response`.
  std::uint64_t unanswered = 0;
  bool answered_lately = false;  ///< Within an interval and the time-out before the end.
};

}  // namespace netecho
