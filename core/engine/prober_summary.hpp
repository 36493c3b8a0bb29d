#pragma once

/// \file
/// From what was counted and measured to the figures of a `summary` (docs/metrics.md).

#include "core/engine/prober.hpp"
#include "core/measure/round_trip.hpp"
#include "core/report/events.hpp"

namespace netecho {

/// One final status a sequence; late, duplicate and reordered are extra.
struct ProbeCounts {
  std::uint64_t sent = 0;
  std::uint64_t received = 0;
  std::uint64_t skipped = 0;
  std::uint64_t send_error = 0;
  std::uint64_t timeout = 0;
  std::uint64_t mismatch = 0;
  std::uint64_t refused = 0;
  std::uint64_t unreachable = 0;
  std::uint64_t late = 0;
  std::uint64_t duplicate = 0;
  std::uint64_t reordered = 0;
  std::uint64_t tx_bytes = 0;
  std::uint64_t rx_bytes = 0;

  [[nodiscard]] std::uint64_t scheduled() const noexcept { return sent + send_error + skipped; }
  [[nodiscard]] std::uint64_t lost() const noexcept {
    return timeout + mismatch + refused + unreachable;
  }
};

/// Fills the totals and what follows from them alone.
void fill_counts(Summary& summary, const ProbeCounts& counts, Duration interval) noexcept;

/// Fills every distribution. `outstanding_to_highest`: probes up to the highest answered that still
/// wait.
void fill_figures(Summary& summary, const RoundTripStatistics& statistics,
                  std::uint64_t outstanding_to_highest) noexcept;

}  // namespace netecho
