#include "core/probe/prober_results.hpp"

#include <algorithm>
#include <utility>

#include "core/probe/prober_summary.hpp"

namespace netecho {
namespace {

/// Several flows as their target: what differs between them is null, or put together.
Summary together(std::span<const Summary> flows) {
  Summary all = flows.front();
  all.flow.reset();
  if (flows.size() == 1) return all;
  all.local.reset();
  std::vector<PathInfo> paths;
  for (const Summary& each : flows) {
    all.interrupted = all.interrupted || each.interrupted;
    // One flow that met a server which does not stamp is enough.
    if (each.stamped) all.stamped = all.stamped.value_or(true) && *each.stamped;
    if (each.authenticated) all.authenticated = each.authenticated;
    if (!all.error) all.error = each.error;
    if (!all.foreign_reply) all.foreign_reply = each.foreign_reply;
    paths.push_back({each.tcp_info, each.path_mtu_bytes, each.mptcp});
  }
  const PathInfo path = merged(paths);
  all.tcp_info = path.tcp_info;
  all.path_mtu_bytes = path.path_mtu_bytes;
  all.mptcp = path.mptcp;
  return all;
}

void finish(Summary& summary, const FigureSet& figures, const LatenessFigures& wake_up) {
  fill_figures(summary, figures);
  summary.duration = figures.length;
  summary.wake_up = wake_up;
  summary.exit_code = figures.counts.received > 0 && !summary.error ? 0 : 1;
  // What never began failed by itself; what ended early has a negative result.
  if (summary.error && summary.scheduled_total == 0) summary.exit_code = summary.error->exit_code;
}

/// Takes the distributions out of `figures`.
std::shared_ptr<const RunDetail> detail_of(FigureSet&& figures, Instant now,
                                           const ProbeOptions& options) {
  RoundTripStatistics& from = figures.statistics;
  const std::uint64_t unanswered = from.unanswered();
  const Instant last = figures.counts.last_reply;
  // In this order long durations don't overflow.
  const bool lately = last != Instant::min() && now - last - options.mean_gap() <= options.timeout;
  return std::make_shared<const RunDetail>(
      RunDetail{.latency = std::move(from.rtt),
                .response = std::move(from.response),
                .server_residence = std::move(from.server_residence),
                .send_lateness = std::move(from.send_lateness),
                .unanswered = unanswered,
                .answered_lately = lately});
}

/// A flood, and a flow that may have the whole rate of a run, record too fast to search a list each
/// time.
HistogramSpace space_for(std::size_t flows, const ProbeOptions& options) noexcept {
  if (options.keep == Keep::counts) return HistogramSpace::none;
  if (options.schedule == ScheduleKind::flood || flows == 1) return HistogramSpace::at_once;
  return flows > kFewFlows ? HistogramSpace::as_needed : HistogramSpace::reserved;
}

/// Flows begin within this: an interval, unless the run is so short that the last ones would have
/// no time left.
Duration turns_within(const ProbeOptions& options, Instant now) noexcept {
  if (options.schedule == ScheduleKind::flood) return Duration::zero();
  const Duration left = std::max(options.deadline - now, Duration::zero());
  return std::min(options.interval, left / 2);
}

/// How many different moments the first ticks of so many flows have: those of few flows one each,
/// and those of many share them, because what a wake-up costs is more than what a probe does. The
/// more share one, the longer a reply waits for those before it.
std::int64_t rounds_of(std::int64_t turns, Duration within) noexcept {
  constexpr Duration kApart = std::chrono::milliseconds{4};
  constexpr std::int64_t kMostTogether = 16;  // So that no socket's buffer overflows.
  if (turns <= static_cast<std::int64_t>(kFewFlows)) return turns;
  return std::clamp(std::int64_t{within / kApart}, (turns - 1) / kMostTogether + 1, turns);
}

}  // namespace

FlowTable::FlowTable(const ProberContext& context, std::uint64_t seed)
    : context_{context}, seeds_{seed}, warm_up_seeds_{seeds_.next()} {}

std::vector<std::uint32_t> FlowTable::take(TargetSet& changes) {
  std::vector<ProbeTarget> came = changes.take_came();
  std::vector<std::uint32_t> changed;
  taken_ = context_.clock.now();
  std::size_t flows = flows_.size() - free_.size();
  for (const ProbeTarget& target : came) flows += target.flows.size();
  for (ProbeTarget& target : came) {
    add(std::move(target), space_for(flows, context_.options));
    const auto& ids = targets_.at(next_ - 1).flows;
    changed.insert(changed.end(), ids.begin(), ids.end());
  }
  for (const std::size_t target : changes.take_gone()) {
    for (const std::uint32_t id : targets_.at(target).flows) {
      flows_[id]->retire(taken_);
      changed.push_back(id);
    }
  }
  return changed;
}

std::uint32_t FlowTable::free_id() {
  if (free_.empty()) {
    flows_.emplace_back();
    return static_cast<std::uint32_t>(flows_.size() - 1);
  }
  const std::uint32_t id = free_.back();
  free_.pop_back();
  return id;
}

void FlowTable::add(ProbeTarget target, HistogramSpace space) {
  const std::size_t number = next_++;
  context_.observer.came(number, target.target);
  Target& added = targets_[number];
  added.target = std::move(target);
  const auto& own = added.target.options;
  const ProberContext context = own != nullptr ? context_.with(*own) : context_;
  std::uint32_t flow = 0;
  for (ProbeConnection& connection : added.target.flows) {
    const FlowIdentity identity{.id = free_id(),
                                .target = number,
                                .flow = flow++,
                                .session = seeds_.next(),
                                .warm_up_session = warm_up_seeds_.next(),
                                .space = space};
    flows_[identity.id] =
        std::make_unique<ProbeFlow>(added.target, std::move(connection), context, identity);
    added.flows.push_back(identity.id);
  }
}

void FlowTable::forget(std::uint32_t id) {
  const std::size_t number = flows_[id]->target();
  flows_[id].reset();
  free_.push_back(id);
  const auto target = targets_.find(number);
  std::erase(target->second.flows, id);
  if (target->second.flows.empty()) targets_.erase(target);
}

Duration FlowTable::phase_of(std::size_t target, std::size_t flow, Instant start) const {
  const Target& of = targets_.at(target);
  const ProbeOptions& options =
      of.target.options != nullptr ? *of.target.options : context_.options;
  if (of.target.first_tick) {
    const auto apart = static_cast<std::int64_t>(of.flows.size());
    const Duration first = std::max(*of.target.first_tick - start, Duration::zero());
    return first + options.mean_gap() / apart * static_cast<std::int64_t>(flow);
  }
  const Duration within = turns_within(options, taken_);
  const std::size_t targets = next_ - begun_;
  const auto turns = static_cast<std::int64_t>(of.flows.size() * targets);
  const auto turn = static_cast<std::int64_t>(flow * targets + target - begun_);
  const std::int64_t rounds = rounds_of(turns, within);
  const std::int64_t round = turn * rounds / turns;
  // The product of a long interval and many rounds would overflow.
  return within / rounds * round + within % rounds * round / rounds;
}

void FlowTable::begin(Instant start, WallTime wall) {
  for (std::size_t number = begun_; number < next_; ++number) {
    Target& target = targets_.at(number);
    target.started = wall;
    for (std::size_t i = 0; i < target.flows.size(); ++i) {
      flows_[target.flows[i]]->begin(start, phase_of(number, i, start));
    }
  }
  begun_ = next_;
}

template <typename FiguresOf>
std::vector<ProbeResult> FlowTable::collect(Instant now, bool interrupted,
                                            const FiguresOf& figures_of) const {
  const Histogram* const latency = context_.waiter.wake_up_latency();
  const LatenessFigures wake_up =
      latency != nullptr ? lateness_figures(*latency) : LatenessFigures{};
  std::vector<ProbeResult> out;
  for (const auto& [number, target] : targets_) {
    ProbeResult result;
    std::vector<Summary> summaries;
    std::optional<FigureSet> all;
    for (const std::uint32_t id : target.flows) {
      Summary summary = flows_[id]->description(interrupted);
      summary.started = target.started;
      FigureSet figures = figures_of(*flows_[id]);
      finish(summary, figures, wake_up);
      summaries.push_back(std::move(summary));
      if (all) {
        all->merge(figures);
      } else {
        all.emplace(std::move(figures));
      }
    }
    result.summary = together(summaries);
    finish(result.summary, *all, wake_up);
    if (summaries.size() > 1) result.flows = std::move(summaries);
    const auto& own = target.target.options;
    result.detail = detail_of(std::move(*all), now, own != nullptr ? *own : context_.options);
    result.latency = {result.detail, &result.detail->latency};
    out.push_back(std::move(result));
  }
  return out;
}

std::vector<ProbeResult> FlowTable::results(Instant now, bool interrupted) const {
  return collect(now, interrupted, [&](ProbeFlow& flow) { return flow.whole(now); });
}

std::vector<ProbeResult> FlowTable::end_period(Instant now) const {
  return collect(now, false, [&](ProbeFlow& flow) { return flow.end_period(now); });
}

std::vector<ProbeStatus> FlowTable::status() const {
  std::vector<ProbeStatus> out;
  for (const auto& [number, target] : targets_) {
    FlowCounts totals;
    Histogram latency{HistogramSpace::as_needed};
    Histogram recent{HistogramSpace::as_needed};
    for (const std::uint32_t id : target.flows) {
      flows_[id]->glance(totals, latency);
      recent.merge(flows_[id]->recent());
      flows_[id]->recent().reset();
    }
    out.push_back({.sent = totals.sent,
                   .received = totals.received,
                   .lost = totals.lost(),
                   .skipped = totals.skipped,
                   .unanswered = totals.unanswered(),
                   .recent = recent.percentile(kP50),
                   .p50 = latency.percentile(kP50),
                   .p99 = latency.percentile(kP99),
                   .max = latency.max()});
  }
  return out;
}

}  // namespace netecho
