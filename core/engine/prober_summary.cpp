#include "core/engine/prober_summary.hpp"

#include "core/engine/figures.hpp"

namespace netecho {
namespace {

/// Responses that never came count as +infinity: whatever they enter is not a number.
LatencyFigures response_figures(const Histogram& response, std::uint64_t infinite) noexcept {
  if (infinite == 0) return latency_figures(response);
  return {.min = response.min(),
          .mean = {},
          .stddev = {},
          .p25 = response.percentile(kP25, infinite),
          .p50 = response.percentile(kP50, infinite),
          .p75 = response.percentile(kP75, infinite),
          .p90 = response.percentile(kP90, infinite),
          .p95 = response.percentile(kP95, infinite),
          .p99 = response.percentile(kP99, infinite),
          .p999 = response.percentile(kP999, infinite),
          .p9999 = response.percentile(kP9999, infinite),
          .max = {}};
}

LatenessFigures lateness_figures(const Histogram& histogram) noexcept {
  return {.mean = histogram.mean(),
          .p50 = histogram.percentile(kP50),
          .p99 = histogram.percentile(kP99),
          .max = histogram.max()};
}

}  // namespace

void fill_counts(Summary& summary, const ProbeCounts& counts, Duration interval) noexcept {
  summary.scheduled_total = counts.scheduled();
  summary.sent_total = counts.sent;
  summary.received_total = counts.received;
  summary.lost_total = counts.lost();
  summary.outstanding_total = counts.sent - counts.received - counts.lost();
  summary.skipped_total = counts.skipped;
  summary.send_error_total = counts.send_error;
  summary.timeout_total = counts.timeout;
  summary.mismatch_total = counts.mismatch;
  summary.refused_total = counts.refused;
  summary.unreachable_total = counts.unreachable;
  summary.late_total = counts.late;
  summary.duplicate_total = counts.duplicate;
  summary.reordered_total = counts.reordered;
  summary.tx_bytes_total = counts.tx_bytes;
  summary.rx_bytes_total = counts.rx_bytes;
  if (const std::uint64_t decided = counts.received + counts.lost(); decided > 0) {
    summary.loss_ratio = static_cast<double>(counts.lost()) / static_cast<double>(decided);
  }
  if (counts.scheduled() > 0) {
    const double schedule_ns =
        static_cast<double>(counts.scheduled()) * static_cast<double>(interval.count());
    summary.achieved_per_second = static_cast<double>(counts.sent) * 1e9 / schedule_ns;
  }
  summary.exit_code = counts.received > 0 ? 0 : 1;
}

void fill_figures(Summary& summary, const RoundTripStatistics& statistics,
                  std::uint64_t outstanding_to_highest) noexcept {
  const LatencyFigures round_trips = latency_figures(statistics.rtt);
  if (summary.mode == ProbeMode::connect) {
    summary.connect_time = round_trips;
  } else {
    summary.rtt = round_trips;
    const Histogram& variation = statistics.rtt_variation;
    summary.rtt_variation = {.mean = variation.mean(),
                             .p50 = variation.percentile(kP50),
                             .p95 = variation.percentile(kP95),
                             .p99 = variation.percentile(kP99),
                             .max = variation.max()};
    summary.jitter_rfc3550 = statistics.jitter.value();
  }
  summary.response = response_figures(statistics.response, statistics.unanswered());
  const Histogram& residence = statistics.server_residence;
  summary.server_residence = {.min = residence.min(),
                              .mean = residence.mean(),
                              .p50 = residence.percentile(kP50),
                              .p99 = residence.percentile(kP99),
                              .max = residence.max()};
  if (const auto split =
          statistics.loss_direction.split(statistics.rtt.count(), outstanding_to_highest)) {
    summary.lost_forward_total = split->forward;
    summary.lost_reverse_total = split->reverse;
  }
  if (summary.sent_total > 0) {
    summary.loss_runs = LossRuns{statistics.loss_runs.count(), statistics.loss_runs.longest(),
                                 statistics.loss_runs.longest_time()};
  }
  summary.send_lateness = lateness_figures(statistics.send_lateness);
  summary.send_call = lateness_figures(statistics.send_call);
}

}  // namespace netecho
