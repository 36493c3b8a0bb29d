// Many targets in one run, and targets that come and go. On a simulated network.

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/probe/target_source.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/expect_summary.hpp"
#include "tests/support/prober_bench.hpp"
#include "tests/support/sim_network.hpp"

using namespace netecho;
using namespace netecho::test;
using netecho::testing::expect;
using namespace std::chrono_literals;

namespace {

constexpr WallTime kWallStart{1'700'000'000s};

/// Does one thing after the other, each at its time after the first poll.
class ScriptedSource final : public TargetSource {
 public:
  using Action = std::function<void(TargetSet&)>;
  explicit ScriptedSource(std::vector<std::pair<Duration, Action>> script)
      : script_{std::move(script)} {}

  Instant poll(TargetSet& targets, Instant now) override {
    if (!start_) start_ = now;
    while (next_ < script_.size() && *start_ + script_[next_].first <= now) {
      script_[next_++].second(targets);
    }
    return next_ < script_.size() ? *start_ + script_[next_].first : kNever;
  }

 private:
  std::vector<std::pair<Duration, Action>> script_;
  std::size_t next_ = 0;
  std::optional<Instant> start_;
};

class NamesObserver final : public ProbeObserver {
 public:
  void came(std::size_t target, const SocketDescription& description) override {
    CHECK(target == names.size());
    names.push_back(description.uri);
  }
  void failed(std::size_t target, const ErrorEvent& /*error*/) override {
    failures.push_back(target);
  }

  std::vector<std::string> names;
  std::vector<std::size_t> failures;
};

struct World {
  ScriptedSource::Action add(std::string uri) {
    return [this, uri = std::move(uri)](TargetSet& targets) {
      links.emplace_back();
      targets.add(target_over(net.make_port({}, links.back()), uri));
    };
  }
  static ScriptedSource::Action remove(std::size_t target) {
    return [target](TargetSet& targets) { targets.remove(target); };
  }
  std::vector<Summary> probe(std::vector<std::pair<Duration, ScriptedSource::Action>> script,
                             const ProbeOptions& options) {
    ScriptedSource source{std::move(script)};
    std::vector<Summary> out;
    for (ProbeResult& each : run_prober(source, options, net, net, observer, kSeed)) {
      out.push_back(std::move(each.summary));
      check_identities(out.back());
    }
    REQUIRE_FALSE(net.stuck());
    CHECK(net.watched() == 0);
    return out;
  }
  /// After the simulation began.
  [[nodiscard]] std::vector<Duration> sent_at(std::size_t target) const {
    std::vector<Duration> out;
    for (const Instant at : links[target]->sent_at) out.push_back(at - start);
    return out;
  }

  SimNetwork net;
  Instant start = net.now();
  std::vector<SimLink*> links;
  NamesObserver observer;
};

using Times = std::vector<Duration>;

}  // namespace

TEST_CASE("prober: a thousand targets take turns, and none waits for another", "[prober][sim]") {
  constexpr std::size_t kTargets = 1000;
  SimNetwork net;
  const Instant start = net.now();
  std::vector<SimLink*> links(kTargets);
  std::vector<ProbeTarget> targets;
  for (std::size_t i = 0; i < kTargets; ++i) {
    targets.push_back(target_over(net.make_port({}, links[i]), "udp://sim:" + std::to_string(i)));
    if (i % 10 == 3) links[i]->fates[1].replies.clear();
  }
  ProbeObserver nobody;
  ProbeOptions options = probes(3);
  options.interval = 1s;
  const auto all = run_prober(std::move(targets), options, net, net, nobody, kSeed);
  REQUIRE(all.size() == kTargets);
  std::uint64_t received = 0;
  std::uint64_t lost = 0;
  for (std::size_t i = 0; i < kTargets; ++i) {
    const Summary& s = all[i].summary;
    CAPTURE(i);
    check_identities(s);
    CHECK(s.target.uri == "udp://sim:" + std::to_string(i));
    expect(s).sent(3).skipped(0);
    CHECK(s.rtt.min == 10ms);
    CHECK(s.rtt.p50 == 10ms);
    CHECK(s.rtt.max == 10ms);
    CHECK(s.send_lateness.max == 0ns);
    CHECK(all[i].latency->count() == s.received_total);
    CHECK(all[i].latency->touched_bytes() < 4096);
    CHECK(links[i]->sent_at[0] - start == 4ms * static_cast<int>(i / 4));
    received += s.received_total;
    lost += s.timeout_total;
  }
  CHECK(received == 2900);
  CHECK(lost == 100);
  CHECK(net.elapsed() == 3006ms);  // The last ones' third probes left at 2,996 ms.
}

TEST_CASE("prober: a run of many flows has the figures of a run of few", "[prober][sim]") {
  // All targets do the same: this is one of three, and one of a hundred.
  const auto first_of = [](std::size_t count) {
    SimNetwork net;
    std::vector<ProbeTarget> targets;
    for (std::size_t i = 0; i < count; ++i) {
      SimLink* link = nullptr;
      targets.push_back(target_over(net.make_port({.server = SimServer::stamping}, link)));
      for (std::uint64_t k = 0; k < 300; ++k) {
        link->fates[k].replies[0].extra = Duration{static_cast<std::int64_t>(k * k * 977)};
        if (k % 7 == 5) link->fates[k].replies.clear();
      }
    }
    ProbeObserver nobody;
    ProbeOptions options = probes(300);
    options.report_interval = 5s;
    const auto all = run_prober(std::move(targets), options, net, net, nobody, kSeed);
    return all[0].summary;
  };
  const Summary few = first_of(3);
  const Summary many = first_of(100);
  CHECK(many.received_total == 257);
  CHECK(many.received_total == few.received_total);
  CHECK(many.rtt.mean == few.rtt.mean);
  CHECK(many.rtt.stddev == few.rtt.stddev);
  CHECK(many.rtt.p50 == few.rtt.p50);
  CHECK(many.rtt.p99 == few.rtt.p99);
  CHECK(many.response.p75 == few.response.p75);
  CHECK(many.rtt_variation.p95 == few.rtt_variation.p95);
  CHECK(many.jitter_rfc3550 == few.jitter_rfc3550);
}

TEST_CASE("prober: a target that comes later begins then", "[prober][sim]") {
  World world;
  const auto all = world.probe({{0s, world.add("first")}, {1s, world.add("second")}}, probes(3));
  REQUIRE(all.size() == 2);
  CHECK(world.observer.names == std::vector<std::string>{"first", "second"});
  CHECK(all[0].target.uri == "first");
  CHECK(all[0].received_total == 3);
  CHECK(all[0].started == kWallStart);
  CHECK(all[0].duration == 210ms);
  CHECK(all[1].target.uri == "second");
  CHECK(all[1].received_total == 3);
  CHECK(all[1].started == kWallStart + 1s);
  CHECK(all[1].duration == 210ms);
  CHECK(world.sent_at(1) == Times{1s, 1100ms, 1200ms});
  CHECK(world.net.elapsed() == 1210ms);
}

TEST_CASE("prober: targets that come together later take turns", "[prober][sim]") {
  World world;
  const auto all = world.probe({{0s, world.add("a")},
                                {150ms, world.add("b")},
                                {150ms, world.add("c")},
                                {160ms, world.add("d")}},
                               probes(2));
  REQUIRE(all.size() == 4);
  CHECK(world.sent_at(0) == Times{0ms, 100ms});
  CHECK(world.sent_at(1) == Times{150ms, 250ms});
  CHECK(world.sent_at(2) == Times{200ms, 300ms});
  CHECK(world.sent_at(3) == Times{160ms, 260ms});
}

TEST_CASE("prober: a run without a target waits for those that are to come", "[prober][sim]") {
  World world;
  const auto all = world.probe({{2s, world.add("late")}}, probes(1));
  REQUIRE(all.size() == 1);
  CHECK(all[0].received_total == 1);
  CHECK(world.net.elapsed() == 2010ms);
}

TEST_CASE("prober: a target that goes gets no more probes, and keeps its result", "[prober][sim]") {
  World world;
  std::vector<std::pair<Duration, ScriptedSource::Action>> script{
      {0s, world.add("goes")}, {0s, world.add("stays")}, {205ms, World::remove(0)}};
  const auto all = world.probe(std::move(script), probes(5));
  REQUIRE(all.size() == 2);
  CHECK(world.sent_at(0) == Times{0ms, 100ms, 200ms});
  CHECK(all[0].scheduled_total == 3);
  CHECK(all[0].received_total == 3);  // The last one was out, and is awaited.
  CHECK(all[0].duration == 210ms);
  CHECK(all[0].exit_code == 0);
  CHECK_FALSE(all[0].interrupted);
  CHECK(all[1].received_total == 5);
  CHECK(world.observer.failures.empty());
  CHECK(world.net.elapsed() == 460ms);
}

TEST_CASE("prober: what is lost of a target that goes is lost", "[prober][sim]") {
  World world;
  std::vector<std::pair<Duration, ScriptedSource::Action>> script{{0s, world.add("goes")},
                                                                  {105ms, World::remove(0)}};
  world.net.at(90ms, [&] { world.links[0]->fates[1].replies.clear(); });
  const auto all = world.probe(std::move(script), probes(5));
  expect(all[0]).scheduled(2).sent(2).timeout(1);
  CHECK(world.net.elapsed() == 350ms);
}
