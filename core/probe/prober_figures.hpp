#pragma once

/// \file
/// What one flow counts and measures, over its run and since the last interim report, and how
/// figures of several flows become one.

#include <cstdint>
#include <optional>
#include <vector>

#include "core/base/units.hpp"
#include "core/facts/hop_limits.hpp"
#include "core/facts/losses.hpp"
#include "core/facts/probe_counts.hpp"
#include "core/facts/reason_counts.hpp"
#include "core/measure/outages.hpp"
#include "core/measure/round_trip.hpp"
#include "core/measure/sample_run.hpp"
#include "core/probe/prober.hpp"
#include "core/probe/station_table.hpp"

namespace netecho {

/// One final status a sequence; late, duplicate and reordered are extra.
struct FlowCounts : ProbeCounts {
  std::uint64_t no_connection = 0;  ///< Of those skipped: for want of a connection.
  std::uint64_t tx_bytes = 0;
  std::uint64_t rx_bytes = 0;
  ReasonCounts reasons{};
  HopLimits hop_limits{};
  Instant last_reply = Instant::min();  ///< When the last of those received came.

  [[nodiscard]] std::uint64_t scheduled() const noexcept { return sent + send_errors + skipped; }
  [[nodiscard]] std::uint64_t unanswered() const noexcept {
    return lost() + send_errors + no_connection;
  }
  void add(const FlowCounts& other) noexcept;
};

/// What the figures of a summary come from: of one flow or several, of a run or a part of it.
struct FigureSet {
  FlowCounts counts;
  RoundTripStatistics statistics{HistogramSpace::as_needed};
  LossRuns loss_runs;
  std::vector<Outage> outages;  ///< Of each flow in turn.
  std::optional<LossDirection::Split> loss_directions;
  std::optional<std::vector<StationResult>> stations;  ///< None: one peer was asked.
  Duration length{};  ///< Of the run or the part; of several flows the longest.
  double achieved_per_second = 0;
  Duration jitter_sum{};
  std::int64_t jitter_flows = 0;  ///< Of how many flows jitter_sum is.

  /// Another flow's figures of the same time.
  void merge(const FigureSet& other);
};

class FlowFigures {
 public:
  /// `clock`, which outlives this, dates outages. `space` is that of the distributions.
  FlowFigures(const ProbeOptions& options, const Clock& clock, HistogramSpace space);
  void begin(Instant start) noexcept { period_start_ = run_start_ = start; }

  /// What happens is recorded here, once, for the period at hand: samples that may come several
  /// times in a row by the functions below.
  FlowCounts counts;
  RoundTripStatistics statistics;

  /// Whether anybody reads more than counts. If not, nobody needs to call what follows.
  [[nodiscard]] bool kept() const noexcept { return kept_; }
  /// First copies, in time. No response time where no sending time was intended.
  void received(Duration rtt, std::optional<Duration> response, std::uint64_t probes) {
    rtts_.record(rtt, statistics.rtt, probes);
    if (response) statistics.response.record(*response, probes);
    order_.jitter.received(rtt, probes);
  }
  /// So long the server had them.
  void resided(Duration residence, std::uint64_t probes) {
    residences_.record(residence, statistics.server_residence, probes);
  }

  [[nodiscard]] RoundTripOrder& order() noexcept { return order_; }
  [[nodiscard]] const RoundTripOrder& order() const noexcept { return order_; }
  /// A reply came with this hop limit; 0: it is not known.
  void arrived_with(std::uint8_t hop_limit) noexcept {
    const bool noted = hop_limit == last_hop_limit_ && counts.hop_limits.min != 0;
    if (hop_limit != 0 && !noted) note_hop_limit(hop_limit);
  }
  /// Probes whose status is final; in order of sequence.
  void settled(const SettledProbe& probe);
  /// Many slots at once that were not sent and count as unanswered, in their turn.
  void unanswered(Instant due, std::uint64_t slots) noexcept;

  /// What a quick look wants of the run so far, added to what is there.
  void add_to(FlowCounts& totals, Histogram& rtt) const;
  /// The figures of the run so far; `tracker` knows what still waits.
  [[nodiscard]] FigureSet whole(Instant now, const SequenceTracker& tracker) const;
  /// Ends the period, and returns its figures. What is outstanding belongs to it and to the next
  /// one.
  [[nodiscard]] FigureSet end_period(Instant now, const SequenceTracker& tracker);

 private:
  void note_hop_limit(std::uint8_t hop_limit) noexcept;
  /// What was recorded in the period at hand.
  void add_statistics_to(RoundTripStatistics& to) const;
  [[nodiscard]] double rate(const FlowCounts& done, Duration length) const noexcept;
  [[nodiscard]] std::vector<Outage> end_period_of_outages(Instant now,
                                                          const SequenceTracker& tracker);

  Duration interval_;  ///< The mean gap of the schedule; zero for a flood, which has none.
  bool kept_;
  Instant run_start_{};
  Instant period_start_{};
  // What was recorded last, and is not in `statistics` yet.
  SampleRun rtts_;
  SampleRun variations_;
  SampleRun residences_;
  RoundTripOrder order_;
  LossRunCounter period_loss_runs_;
  Outages outages_;
  std::size_t told_outages_ = 0;          ///< That ended in periods before.
  std::uint64_t told_outage_probes_ = 0;  ///< Of the next one, if it was open then.
  std::uint8_t last_hop_limit_ = 0;       ///< 0: none is known yet.
  std::uint64_t carried_ = 0;             ///< Of counts.sent: outstanding when the period began.
  FlowCounts past_counts_;                ///< Of the periods before.
  RoundTripStatistics past_statistics_{HistogramSpace::as_needed};
};

}  // namespace netecho
