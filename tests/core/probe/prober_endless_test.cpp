// A run without an end: its targets have options of their own, and nothing is left of one that
// went. On a simulated network.

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/probe/target_source.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/prober_bench.hpp"
#include "tests/support/sim_network.hpp"

using namespace netecho;
using namespace netecho::test;
using namespace std::chrono_literals;

namespace {

using Times = std::vector<Duration>;

/// Calls a function every so often, which adds and removes.
class EndlessSource final : public TargetSource {
 public:
  using Step = std::function<void(TargetSet&, int)>;
  EndlessSource(Duration every, Step step) : every_{every}, step_{std::move(step)} {}

  Instant poll(TargetSet& targets, Instant now) override {
    step_(targets, steps_++);
    return now + every_;
  }

 private:
  Duration every_;
  Step step_;
  int steps_ = 0;
};

class OutcomeList final : public ProbeObserver {
 public:
  [[nodiscard]] bool wants_outcomes() const noexcept override { return true; }
  void outcome(const ProbeOutcome& outcome) override {
    outcomes.push_back(outcome);
    if (outcome.status == ReplyStatus::skipped) skipped += outcome.ticks;
  }
  std::vector<ProbeOutcome> outcomes;
  std::uint64_t skipped = 0;
};

ProbeOptions endless(Instant until) {
  ProbeOptions options;
  options.count = 0;
  options.timeout = 250ms;
  options.deadline = until;
  options.keep = Keep::counts;
  return options;
}

std::shared_ptr<const ProbeOptions> every(Duration interval, ProbeOptions options) {
  options.interval = interval;
  return std::make_shared<const ProbeOptions>(std::move(options));
}

Times since(Instant start, const std::vector<Instant>& sent) {
  Times out;
  for (const Instant at : sent) out.push_back(at - start);
  return out;
}

}  // namespace

TEST_CASE("prober: targets of one run have intervals and time-outs of their own", "[prober][sim]") {
  SimNetwork net;
  const Instant start = net.now();
  std::vector<SimLink*> links(2);
  OutcomeList observer;
  const ProbeOptions options = endless(start + 1s);
  EndlessSource source{10s, [&](TargetSet& targets, int) {
                         ProbeOptions fast = options;
                         fast.timeout = 50ms;
                         ProbeTarget target = target_over(net.make_port({}, links[0]), "fast");
                         links[0]->fates[1].replies.clear();
                         target.options = every(200ms, fast);
                         target.first_tick = start + 30ms;
                         targets.add(std::move(target));
                         target = target_over(net.make_port({}, links[1]), "slow");
                         target.options = every(500ms, options);
                         target.first_tick = start + 40ms;
                         targets.add(std::move(target));
                       }};
  static_cast<void>(run_prober(source, options, net, net, observer, kSeed));
  CHECK(since(start, links[0]->sent_at) == Times{30ms, 230ms, 430ms, 630ms, 830ms});
  CHECK(since(start, links[1]->sent_at) == Times{40ms, 540ms});
  REQUIRE(observer.outcomes.size() == 7);
  CHECK(observer.outcomes[2].status == ReplyStatus::timeout);
  CHECK(observer.outcomes[2].target == 0);
}

TEST_CASE("prober: the flows of a target take turns within its own interval", "[prober][sim]") {
  SimNetwork net;
  const Instant start = net.now();
  std::vector<SimLink*> links(2);
  OutcomeList observer;
  const ProbeOptions options = endless(start + 450ms);
  EndlessSource source{10s, [&](TargetSet& targets, int) {
                         ProbeTarget target = target_over(net.make_port({}, links[0]), "both");
                         target.flows.emplace_back().port = net.make_port({}, links[1]);
                         target.options = every(400ms, options);
                         target.first_tick = start + 10ms;
                         targets.add(std::move(target));
                       }};
  static_cast<void>(run_prober(source, options, net, net, observer, kSeed));
  CHECK(since(start, links[0]->sent_at) == Times{10ms, 410ms});
  CHECK(since(start, links[1]->sent_at) == Times{210ms});
}

TEST_CASE("prober: a run without an end knows a further copy for 64 probes, then it is late",
          "[prober][sim]") {
  SimNetwork net;
  const Instant start = net.now();
  SimLink* link = nullptr;
  OutcomeList observer;
  ProbeOptions options = endless(start + 2s);
  options.timeout = 100ms;
  EndlessSource source{10s, [&](TargetSet& targets, int) {
                         ProbeTarget target = target_over(net.make_port({}, link), "one");
                         link->fates[0].replies = {{}, {.extra = 60 * 20ms}};
                         link->fates[1].replies = {{}, {.extra = 70 * 20ms}};
                         target.options = every(20ms, options);
                         target.first_tick = start;
                         targets.add(std::move(target));
                       }};
  static_cast<void>(run_prober(source, options, net, net, observer, kSeed));
  std::vector<std::pair<std::uint64_t, ReplyStatus>> others;
  for (const ProbeOutcome& each : observer.outcomes) {
    if (each.status != ReplyStatus::ok) others.emplace_back(each.sequence.value, each.status);
  }
  using Others = decltype(others);
  CHECK(others == Others{{0, ReplyStatus::duplicate}, {1, ReplyStatus::late}});
}

TEST_CASE("prober: a target that went is forgotten, and its number is not used again",
          "[prober][sim]") {
  SimNetwork net;
  const Instant start = net.now();
  OutcomeList observer;
  ProbeOptions options = endless(start + 9950ms);
  std::vector<std::size_t> numbers;
  SimLink* link = nullptr;
  EndlessSource source{100ms, [&](TargetSet& targets, int step) {
                         if (step > 0) targets.remove(numbers.back());
                         ProbeTarget target =
                             target_over(net.make_port({}, link), std::to_string(step));
                         // The last probe of each is out when it goes.
                         target.options = every(99ms, options);
                         numbers.push_back(targets.add(std::move(target)));
                       }};
  const auto results = run_prober(source, options, net, net, observer, kSeed);
  CHECK(results.empty());
  CHECK(numbers.back() == 99);
  for (const std::size_t number : numbers) CHECK(numbers[number] == number);
  std::vector<int> answers(100);
  for (const ProbeOutcome& each : observer.outcomes) {
    CHECK(each.status == ReplyStatus::ok);
    ++answers[each.target];
  }
  for (std::size_t i = 0; i < 99; ++i) CHECK(answers[i] == 2);
}

TEST_CASE("prober: ticks that a suspended machine missed are told in one", "[prober][sim]") {
  SimNetwork net;
  const Instant start = net.now();
  SimLink* link = nullptr;
  OutcomeList observer;
  ProbeOptions options = endless(start + 24h + 1s);
  EndlessSource source{48h, [&](TargetSet& targets, int) {
                         ProbeTarget target = target_over(net.make_port({}, link), "one");
                         target.options = every(10ms, options);
                         targets.add(std::move(target));
                       }};
  net.oversleep_at(15ms, 24h);
  static_cast<void>(run_prober(source, options, net, net, observer, kSeed));
  CHECK(observer.skipped == 24 * 3600 * 100 - 1);
  CHECK(observer.outcomes.size() < 200);
}
