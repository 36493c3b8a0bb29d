#include "core/probe/prober_figures.hpp"

#include <algorithm>

namespace netecho {
namespace {

LossRuns loss_runs_of(const LossRunCounter& counter) noexcept {
  return {counter.count(), counter.longest(), counter.longest_time()};
}

void count(LossRunCounter& runs, const SettledProbe& probe) noexcept {
  probe.received ? runs.received() : runs.lost(probe.sent);
}

void count_unanswered(Outages& outages, const SettledProbe& probe) noexcept {
  const Instant intended = probe.sent - probe.lateness;
  probe.explained ? outages.unanswered(intended, 1, {}) : outages.lost(intended);
}

inline void count(Outages& outages, const SettledProbe& probe) {
  if (probe.received) return outages.answered(probe.sent + probe.rtt);
  count_unanswered(outages, probe);
}

Outage as_shown(const OutageSpan& span) noexcept {
  return {.start = span.start, .duration = span.end - span.first, .probes = span.probes};
}

}  // namespace

void FlowCounts::add(const FlowCounts& other) noexcept {
  ProbeCounts::add(other);
  no_connection += other.no_connection;
  tx_bytes += other.tx_bytes;
  rx_bytes += other.rx_bytes;
  reasons.add(other.reasons);
  hop_limits.add(other.hop_limits);
  last_reply = std::max(last_reply, other.last_reply);
}

void FigureSet::merge(const FigureSet& other) {
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
  outages.insert(outages.end(), other.outages.begin(), other.outages.end());
  if (other.stations) merge_stations(stations ? *stations : stations.emplace(), *other.stations);
  length = std::max(length, other.length);
  achieved_per_second += other.achieved_per_second;
  jitter_sum += other.jitter_sum;
  jitter_flows += other.jitter_flows;
}

FlowFigures::FlowFigures(const ProbeOptions& options, const Clock& clock, HistogramSpace space)
    : statistics{space},
      interval_{options.mean_gap()},
      kept_{options.keep == Keep::figures},
      order_{interval_},
      period_loss_runs_{interval_},
      outages_{clock} {}

void FlowFigures::note_hop_limit(std::uint8_t hop_limit) noexcept {
  const bool changed = last_hop_limit_ != 0 && last_hop_limit_ != hop_limit;
  counts.hop_limits.add({hop_limit, hop_limit, changed ? 1U : 0U});
  last_hop_limit_ = hop_limit;
}

void FlowFigures::settled(const SettledProbe& probe) {
  if (!kept_) return;
  if (const auto variation = order_.settled(probe)) {
    variations_.record(*variation, statistics.rtt_variation);
  }
  // Each of the others has the round trip of the one before it: a variation of zero.
  if (probe.probes > 1) {
    variations_.record(Duration::zero(), statistics.rtt_variation, probe.probes - 1);
  }
  count(period_loss_runs_, probe);
  count(outages_, probe);
}

void FlowFigures::unanswered(Instant due, std::uint64_t slots) noexcept {
  if (!kept_) return;
  order_.loss_runs.lost(due, slots);
  period_loss_runs_.lost(due, slots);
  outages_.unanswered(due, slots, interval_);
}

namespace {

/// Zero for a flow that has yet to begin.
Duration since(Instant start, Instant now) noexcept {
  return std::max(now - start, Duration::zero());
}

}  // namespace

double FlowFigures::rate(const FlowCounts& done, Duration length) const noexcept {
  const double span_ns = interval_ > Duration::zero() ? static_cast<double>(done.scheduled()) *
                                                            static_cast<double>(interval_.count())
                                                      : static_cast<double>(length.count());
  return span_ns > 0 ? static_cast<double>(done.sent) * 1e9 / span_ns : 0;
}

void FlowFigures::add_to(FlowCounts& totals, Histogram& rtt) const {
  totals.add(past_counts_);
  totals.add(counts);
  totals.sent -= carried_;
  rtt.merge(past_statistics_.rtt);
  rtt.merge(statistics.rtt);
  rtts_.add_to(rtt);
}

void FlowFigures::add_statistics_to(RoundTripStatistics& to) const {
  to.merge(statistics);
  rtts_.add_to(to.rtt);
  variations_.add_to(to.rtt_variation);
  residences_.add_to(to.server_residence);
}

FigureSet FlowFigures::whole(Instant now, const SequenceTracker& tracker) const {
  FigureSet out;
  out.counts = past_counts_;
  out.counts.add(counts);
  out.counts.sent -= carried_;
  out.statistics.merge(past_statistics_);
  add_statistics_to(out.statistics);
  LossRunCounter runs = order_.loss_runs;
  Outages outages = outages_;
  tracker.for_each_waiting([&](const SettledProbe& probe) {
    count(runs, probe);
    count(outages, probe);
  });
  out.loss_runs = loss_runs_of(runs);
  for (const OutageSpan& span : outages.spans(now)) out.outages.push_back(as_shown(span));
  const auto highest = order_.loss_direction.highest_answered();
  out.loss_directions = order_.loss_direction.split(
      out.counts.received, highest ? tracker.outstanding_up_to(*highest) : 0);
  out.length = since(run_start_, now);
  out.achieved_per_second = rate(out.counts, out.length);
  if (const auto jitter = order_.jitter.value()) {
    out.jitter_sum = *jitter;
    out.jitter_flows = 1;
  }
  return out;
}

/// What lies in the period of those that ended in it or are still open.
std::vector<Outage> FlowFigures::end_period_of_outages(Instant now,
                                                       const SequenceTracker& tracker) {
  Outages outages = outages_;
  tracker.for_each_waiting([&](const SettledProbe& probe) { count(outages, probe); });
  const std::vector<OutageSpan> spans = outages.spans(now);
  std::vector<Outage> out;
  for (std::size_t i = told_outages_; i < spans.size(); ++i) {
    const std::uint64_t told = i == told_outages_ ? told_outage_probes_ : 0;
    out.push_back(as_shown(spans[i].since(period_start_, told)));
  }
  const bool open = outages.open() && !spans.empty();
  told_outages_ = spans.size() - (open ? 1 : 0);
  told_outage_probes_ = open ? spans.back().probes : 0;
  return out;
}

FigureSet FlowFigures::end_period(Instant now, const SequenceTracker& tracker) {
  FigureSet out;
  out.counts = counts;
  add_statistics_to(out.statistics);
  out.loss_runs = loss_runs_of(period_loss_runs_);
  out.outages = end_period_of_outages(now, tracker);
  FlowCounts fresh = counts;
  fresh.sent -= carried_;
  out.length = since(period_start_, now);
  out.achieved_per_second = rate(fresh, out.length);
  if (const auto jitter = order_.jitter.value()) {
    out.jitter_sum = *jitter;
    out.jitter_flows = 1;
  }
  past_counts_.add(fresh);
  past_statistics_.merge(out.statistics);
  counts = {};
  counts.sent = carried_ = tracker.outstanding();
  statistics.reset();
  for (SampleRun* each : {&rtts_, &variations_, &residences_}) each->reset();
  period_loss_runs_ = LossRunCounter{interval_};
  period_start_ = std::max(period_start_, now);
  return out;
}

}  // namespace netecho
