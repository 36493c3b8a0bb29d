#include "core/engine/prober_figures.hpp"

#include <algorithm>

namespace netecho {
namespace {

LossRuns loss_runs_of(const LossRunCounter& counter) noexcept {
  return {counter.count(), counter.longest(), counter.longest_time()};
}

}  // namespace

void ProbeCounts::add(const ProbeCounts& other) noexcept {
  sent += other.sent;
  received += other.received;
  skipped += other.skipped;
  no_connection += other.no_connection;
  send_error += other.send_error;
  timeout += other.timeout;
  mismatch += other.mismatch;
  refused += other.refused;
  unreachable += other.unreachable;
  late += other.late;
  duplicate += other.duplicate;
  reordered += other.reordered;
  tx_bytes += other.tx_bytes;
  rx_bytes += other.rx_bytes;
  reasons.add(other.reasons);
}

void FigureSet::merge(const FigureSet& other) noexcept {
  counts.add(other.counts);
  statistics.merge(other.statistics);
  loss_runs.count += other.loss_runs.count;
  if (other.loss_runs.longest > loss_runs.longest) {
    loss_runs.longest = other.loss_runs.longest;
    loss_runs.longest_time = other.loss_runs.longest_time;
  }
  if (loss_directions && other.loss_directions) {
    loss_directions->forward += other.loss_directions->forward;
    loss_directions->reverse += other.loss_directions->reverse;
  } else {
    loss_directions.reset();
  }
  length = std::max(length, other.length);
  achieved_per_second += other.achieved_per_second;
  jitter_sum += other.jitter_sum;
  jitter_flows += other.jitter_flows;
}

FlowFigures::FlowFigures(Duration interval)
    : interval_{interval}, order_{interval}, period_loss_runs_{interval} {}

void FlowFigures::settled(const SettledProbe& probe) noexcept {
  order_.settled(probe, statistics);
  probe.received ? period_loss_runs_.received() : period_loss_runs_.lost(probe.sent);
}

namespace {

/// Zero for a flow that has yet to begin.
Duration since(Instant start, Instant now) noexcept {
  return std::max(now - start, Duration::zero());
}

}  // namespace

double FlowFigures::rate(const ProbeCounts& done, Duration length) const noexcept {
  const double span_ns = interval_ > Duration::zero() ? static_cast<double>(done.scheduled()) *
                                                            static_cast<double>(interval_.count())
                                                      : static_cast<double>(length.count());
  return span_ns > 0 ? static_cast<double>(done.sent) * 1e9 / span_ns : 0;
}

FigureSet FlowFigures::whole(Instant now, std::uint64_t outstanding_to_highest) const {
  FigureSet out;
  out.counts = past_counts_;
  out.counts.add(counts);
  out.counts.sent -= carried_;
  out.statistics.merge(past_statistics_);
  out.statistics.merge(statistics);
  out.loss_runs = loss_runs_of(order_.loss_runs);
  out.loss_directions = order_.loss_direction.split(out.counts.received, outstanding_to_highest);
  out.length = since(run_start_, now);
  out.achieved_per_second = rate(out.counts, out.length);
  if (const auto jitter = order_.jitter.value()) {
    out.jitter_sum = *jitter;
    out.jitter_flows = 1;
  }
  return out;
}

FigureSet FlowFigures::end_period(Instant now, std::uint64_t outstanding) {
  FigureSet out;
  out.counts = counts;
  out.statistics.merge(statistics);
  out.loss_runs = loss_runs_of(period_loss_runs_);
  ProbeCounts fresh = counts;
  fresh.sent -= carried_;
  out.length = since(period_start_, now);
  out.achieved_per_second = rate(fresh, out.length);
  if (const auto jitter = order_.jitter.value()) {
    out.jitter_sum = *jitter;
    out.jitter_flows = 1;
  }
  past_counts_.add(fresh);
  past_statistics_.merge(statistics);
  counts = {};
  counts.sent = carried_ = outstanding;
  statistics.reset();
  period_loss_runs_ = LossRunCounter{interval_};
  period_start_ = std::max(period_start_, now);
  return out;
}

}  // namespace netecho
