#pragma once

/// \file
/// What one flow counts and measures, over its run and since the last interim report, and how
/// figures of several flows become one.

#include <cstdint>
#include <optional>

#include "core/engine/reason_counts.hpp"
#include "core/measure/round_trip.hpp"
#include "core/report/events.hpp"

namespace netecho {

/// One final status a sequence; late, duplicate and reordered are extra.
struct ProbeCounts {
  std::uint64_t sent = 0;
  std::uint64_t received = 0;
  std::uint64_t skipped = 0;
  std::uint64_t no_connection = 0;  ///< Of those skipped: for want of a connection.
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
  ReasonCounts reasons{};

  [[nodiscard]] std::uint64_t scheduled() const noexcept { return sent + send_error + skipped; }
  [[nodiscard]] std::uint64_t lost() const noexcept {
    return timeout + mismatch + refused + unreachable;
  }
  void add(const ProbeCounts& other) noexcept;
};

/// What the figures of a summary come from: of one flow or several, of a run or a part of it.
struct FigureSet {
  ProbeCounts counts;
  RoundTripStatistics statistics;
  LossRuns loss_runs;
  std::optional<LossDirection::Split> loss_directions;
  Duration length{};  ///< Of the run or the part; of several flows the longest.
  double achieved_per_second = 0;
  Duration jitter_sum{};
  std::int64_t jitter_flows = 0;  ///< Of how many flows jitter_sum is.

  /// Another flow's figures of the same time.
  void merge(const FigureSet& other) noexcept;
};

class FlowFigures {
 public:
  /// `interval`: the mean gap of the schedule; zero for a flood, which has none.
  explicit FlowFigures(Duration interval);
  void begin(Instant start) noexcept { period_start_ = run_start_ = start; }

  /// Of the period at hand: what happens is recorded here, once.
  ProbeCounts counts;
  RoundTripStatistics statistics;

  [[nodiscard]] RoundTripOrder& order() noexcept { return order_; }
  [[nodiscard]] const RoundTripOrder& order() const noexcept { return order_; }
  /// A probe whose status is final; in order of sequence.
  void settled(const SettledProbe& probe) noexcept;

  /// Of the run so far. `outstanding_to_highest`: probes up to the highest answered that still
  /// wait.
  [[nodiscard]] FigureSet whole(Instant now, std::uint64_t outstanding_to_highest) const;
  /// Of the period that ends now. What is outstanding belongs to it and to the next one.
  [[nodiscard]] FigureSet end_period(Instant now, std::uint64_t outstanding);

 private:
  [[nodiscard]] double rate(const ProbeCounts& done, Duration length) const noexcept;

  Duration interval_;
  Instant run_start_{};
  Instant period_start_{};
  RoundTripOrder order_;
  LossRunCounter period_loss_runs_;
  std::uint64_t carried_ = 0;  ///< Of counts.sent: outstanding when the period began.
  ProbeCounts past_counts_;    ///< Of the periods before.
  RoundTripStatistics past_statistics_;
};

}  // namespace netecho
