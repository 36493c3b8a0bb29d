#include "core/engine/prober.hpp"

#include <algorithm>
#include <utility>

#include "core/base/random.hpp"
#include "core/engine/prober_flow.hpp"
#include "core/engine/prober_warmup.hpp"

namespace netecho {
namespace {

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

using Flows = std::vector<std::unique_ptr<ProbeFlow>>;

class Run {
 public:
  Run(const Flows& flows, const ProberContext& context) : flows_{flows}, context_{context} {}

  RunEnd until_done() {
    while (true) {
      const Instant now = context_.clock.now();
      for (const auto& flow : flows_) {
        if (flow->next_event() <= now) flow->on_time(now);
      }
      if (std::ranges::all_of(flows_, [](const auto& flow) { return flow->finished(); })) {
        return RunEnd::finished;
      }
      if (now >= context_.options.deadline) return RunEnd::deadline;
      const Wake wake = context_.waiter.wait(next_event(), context_.options.wait);
      for (const std::uint32_t id : wake.ready) flows_[id]->on_ready();
      if (wake.report_requested) report();
      if (wake.interrupted || unread()) return RunEnd::interrupted;
    }
  }

 private:
  /// Whoever read the replies has left, as `head` does: no reason to go on.
  [[nodiscard]] bool unread() const noexcept {
    return context_.replies != nullptr && context_.replies->gone();
  }

  [[nodiscard]] Instant next_event() const noexcept {
    Instant next = context_.options.deadline;
    for (const auto& flow : flows_) next = std::min(next, flow->next_event());
    return next;
  }

  void report() const {
    if (context_.replies == nullptr) return;
    for (const auto& flow : flows_) {
      context_.replies->emit(
          {context_.clock.wall_now(), IntervalEvent{flow->summary(context_.clock.now(), false)}});
    }
  }

  const Flows& flows_;
  const ProberContext& context_;
};

}  // namespace

std::vector<Summary> run_prober(std::vector<ProbeTarget> targets, const ProbeOptions& options,
                                const Clock& clock, Waiter& waiter, EventSink* replies,
                                std::uint64_t session_seed) {
  SplitMix64 seeds{session_seed};
  const std::uint64_t warm_up_seed = seeds.next();
  const WarmUpEnd warm = warm_up(targets, options, clock, waiter, warm_up_seed);

  const ProberContext context{options, clock, waiter, replies, measure_clock(clock)};
  Flows flows;
  for (ProbeTarget& target : targets) {
    const auto id = static_cast<std::uint32_t>(flows.size());
    flows.push_back(std::make_unique<ProbeFlow>(std::move(target), context, id, seeds.next()));
  }
  // Only now: what setting up costs must not make the first slots late.
  const Instant start = clock.now();
  for (const auto& flow : flows) flow->begin(start);
  RunEnd end = warm == WarmUpEnd::interrupted ? RunEnd::interrupted : RunEnd::deadline;
  if (warm == WarmUpEnd::done) end = Run{flows, context}.until_done();

  std::vector<Summary> summaries;
  const Instant now = clock.now();
  for (const auto& flow : flows) {
    summaries.push_back(flow->summary(now, end == RunEnd::interrupted));
  }
  return summaries;
}

}  // namespace netecho
