#include "core/probe/prober.hpp"

#include <algorithm>
#include <numeric>
#include <span>
#include <utility>

#include "core/probe/due_times.hpp"
#include "core/probe/prober_flow.hpp"
#include "core/probe/prober_results.hpp"
#include "core/probe/target_source.hpp"

namespace netecho {
namespace {

/// How long the start of a run waits for connections.
constexpr Duration kConnectFirst = std::chrono::milliseconds{20};

enum class RunEnd : std::uint8_t { finished, interrupted, deadline };

/// What reading the clock costs: the least of some readings.
Duration measure_clock(const Clock& clock) noexcept {
  constexpr int kReadings = 32;
  Duration least = Duration::max();
  Instant last = clock.now();
  for (int i = 0; i < kReadings; ++i) {
    const Instant now = clock.now();
    least = std::min(least, now - last);
    last = now;
  }
  return least;
}

/// Something that is to be done every so often.
class Recurrence {
 public:
  Recurrence(Instant start, Duration interval) noexcept
      : interval_{interval}, next_{saturating_add(start, interval)} {}

  [[nodiscard]] Instant next() const noexcept { return next_; }
  /// Whether it is time; then the next time is the first one after `now`.
  [[nodiscard]] bool take(Instant now) noexcept {
    if (now < next_) return false;
    const std::int64_t passed = (now - next_) / interval_ + 1;
    next_ = saturating_add(next_, interval_ * passed);
    return true;
  }

 private:
  Duration interval_;
  Instant next_;
};

class Run {
 public:
  /// `polled`: when the source is to be asked again.
  Run(FlowTable& flows, TargetSource& source, TargetSet& targets, Instant polled,
      const ProberContext& context, Instant start)
      : flows_{flows},
        source_{source},
        targets_{targets},
        next_poll_{polled},
        context_{context},
        reports_{start, context.options.report_interval},
        looks_{start, context.options.status_interval} {
    std::vector<std::uint32_t> all(flows.all().size());
    std::iota(all.begin(), all.end(), 0U);
    note_changed(all);
  }

  RunEnd until_done() {
    while (true) {
      const Instant now = context_.clock.now();
      if (next_poll_ <= now) poll_source(now);
      take_turns(now);
      if (finished_total_ == finished_.size() && next_poll_ == kNever) return RunEnd::finished;
      if (now >= context_.options.deadline) return RunEnd::deadline;
      if (reports_.take(now)) report(now);
      if (looks_.take(now)) context_.observer.status(flows_.status());
      take_ready(next_event());
      if (interrupted_ || context_.observer.gone()) return RunEnd::interrupted;
    }
  }

  void report(Instant now) { context_.observer.interval(flows_.end_period(now)); }

 private:
  void poll_source(Instant now) {
    next_poll_ = source_.poll(targets_, now);
    const std::vector<std::uint32_t> changed = flows_.take(targets_);
    if (changed.empty()) return;
    flows_.begin(context_.clock.now(), context_.clock.wall_now());
    note_changed(changed);
  }

  /// These flows have come or gone. One that came may have the id of one that is forgotten.
  void note_changed(std::span<const std::uint32_t> ids) {
    const std::size_t flows = flows_.all().size();
    due_.reserve(2 * flows);
    for (; finished_.size() < flows; finished_.push_back(false)) {
      sends_.add();
      chores_.add();
    }
    for (const std::uint32_t id : ids) {
      if (finished_[id]) {
        finished_[id] = false;
        --finished_total_;
      }
      note(id);
    }
  }

  /// What is due. Between two flows' sends the replies that have come are taken, so that none waits
  /// for the sends of others; a flood is after their number, and sends first.
  void take_turns(Instant now) {
    const bool floods = context_.options.schedule == ScheduleKind::flood;
    bool first = true;
    find_due(now);
    for (const std::uint32_t id : due_) {
      if (!is_due(id, now)) continue;  // A reply that came meanwhile has done it.
      if (std::exchange(first, false) || floods) {
        flows_.all()[id]->on_time(now);
      } else {
        take_ready(now);  // That has passed: nobody waits.
        if (flows_.all()[id] == nullptr) continue;
        flows_.all()[id]->on_time(context_.clock.now());
      }
      note(id);
    }
  }

  [[nodiscard]] bool is_due(std::uint32_t id, Instant now) const noexcept {
    const ProbeFlow* const flow = flows_.all()[id].get();
    return flow != nullptr && flow->next_event() <= now;
  }

  /// Those that are due, in the order of their ids.
  void find_due(Instant now) {
    due_.clear();
    sends_.collect(now, due_);
    chores_.collect(now, due_);
    std::ranges::sort(due_);
    due_.erase(std::unique(due_.begin(), due_.end()), due_.end());
  }

  /// After each call that may have changed when a flow is due, or whether it is done.
  void note(std::uint32_t id) {
    const ProbeFlow& flow = *flows_.all()[id];
    sends_.set(id, flow.next_send());
    chores_.set(id, flow.next_chore());
    if (!flow.finished() || finished_[id]) return;
    finished_[id] = true;
    ++finished_total_;
    if (context_.options.keep == Keep::figures || !flow.over()) return;
    sends_.set(id, kNever);
    chores_.set(id, kNever);
    flows_.forget(id);
  }

  /// Waits until `deadline` at the longest, and takes what there is.
  void take_ready(WakeTime deadline) {
    const Wake wake = context_.waiter.wait(deadline, context_.options.wait);
    for (const std::uint32_t id : wake.ready) {
      if (flows_.all()[id] == nullptr) continue;
      flows_.all()[id]->on_ready();
      note(id);
    }
    if (wake.report_requested) report(context_.clock.now());
    interrupted_ = interrupted_ || wake.interrupted;
  }

  [[nodiscard]] WakeTime next_event() const noexcept {
    const Instant slot = sends_.earliest();
    const Instant other = std::min({chores_.earliest(), next_poll_, context_.options.deadline,
                                    reports_.next(), looks_.next()});
    // To spin before each probe of many flows would take a core: these are as late as a sleep is.
    const bool few = finished_.size() - finished_total_ <= kFewFlows;
    return {std::min(slot, other), few && slot <= other};
  }

  FlowTable& flows_;
  TargetSource& source_;
  TargetSet& targets_;
  Instant next_poll_;
  const ProberContext& context_;
  Recurrence reports_;
  Recurrence looks_;
  bool interrupted_ = false;
  DueTimes sends_;              ///< When each flow has something to send.
  DueTimes chores_;             ///< When it has anything else to do.
  std::vector<bool> finished_;  ///< Which flows are.
  std::size_t finished_total_ = 0;
  std::vector<std::uint32_t> due_;  ///< In this turn; kept for its memory.
};

/// Gives connections a moment before the run starts: those that stand by then have their first
/// slots at their place, and a far or dead one holds nobody up for longer. False: interrupted.
bool await_connections(const FlowTable& flows, const ProberContext& context) {
  const Instant until =
      std::min(saturating_add(context.clock.now(), kConnectFirst), context.options.deadline);
  while (true) {
    const Instant now = context.clock.now();
    Instant next = until;
    bool some = false;
    for (const auto& flow : flows.all()) {
      if (!flow->connecting()) continue;
      if (flow->next_event() <= now) flow->on_time(now);
      some = some || flow->connecting();
      next = std::min(next, flow->next_event());
    }
    if (!some || now >= until) return true;
    if (context.waiter.wait({next, false}, context.options.wait).interrupted) return false;
  }
}

}  // namespace

std::vector<ProbeResult> run_prober(TargetSource& targets, const ProbeOptions& options,
                                    const Clock& clock, Waiter& waiter, ProbeObserver& observer,
                                    std::uint64_t seed) {
  ProberBuffers buffers{options};
  const ProberContext context{.options = options,
                              .clock = clock,
                              .waiter = waiter,
                              .observer = observer,
                              .buffers = buffers,
                              .tells_outcomes = observer.wants_outcomes(),
                              .clock_read = measure_clock(clock)};
  FlowTable flows{context, seed};
  TargetSet changes;
  const Instant polled = targets.poll(changes, clock.now());
  flows.take(changes);
  const bool goes_on = await_connections(flows, context);
  // Only now: what setting up costs must not make the first slots late.
  const Instant start = clock.now();
  const WallTime wall = clock.wall_now();
  flows.begin(start, wall);
  observer.began(start, wall);
  Run run{flows, targets, changes, polled, context, start};
  const RunEnd end = goes_on ? run.until_done() : RunEnd::interrupted;
  const Instant now = clock.now();
  for (const auto& flow : flows.all()) {
    if (flow == nullptr) continue;
    flow->account_for_missing(end == RunEnd::finished ? kNever : now);
    flow->tell_failure(end == RunEnd::deadline ? "no connection before the deadline" : nullptr);
  }
  if (options.keep == Keep::counts) return {};
  // The rest of the last interval, so that the intervals are the whole.
  if (options.report_interval != Duration::max()) run.report(now);
  return flows.results(now, end == RunEnd::interrupted);
}

std::vector<ProbeResult> run_prober(std::vector<ProbeTarget> targets, const ProbeOptions& options,
                                    const Clock& clock, Waiter& waiter, ProbeObserver& observer,
                                    std::uint64_t seed) {
  FixedTargets fixed{std::move(targets)};
  return run_prober(fixed, options, clock, waiter, observer, seed);
}

}  // namespace netecho
