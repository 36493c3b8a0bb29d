// What probe can do beyond a periodic schedule over one flow: exact on a simulated network.

#include <algorithm>
#include <cerrno>
#include <string>

#include "core/probe/prober.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/expect_summary.hpp"
#include "tests/support/prober_bench.hpp"
#include "tests/support/sim_network.hpp"

using namespace netecho;
using namespace netecho::test;
using netecho::testing::expect;
using namespace std::chrono_literals;

namespace {

std::vector<Summary> intervals(const EventCollector& events) {
  std::vector<Summary> all;
  for (const Event& event : events.events) {
    if (const auto* each = std::get_if<IntervalEvent>(&event.body)) all.push_back(each->summary);
  }
  return all;
}

}  // namespace

TEST_CASE("prober: a schedule of a length has the slots that fit it", "[prober][sim]") {
  Bench bench;
  ProbeOptions options{.count = 0, .interval = 10ms, .duration = 95ms};
  const Summary s = bench.probe(options);
  expect(s).scheduled(10).received(10);
  CHECK(s.duration == 100ms);  // The last one left at 90 ms and took 10.
}

TEST_CASE("prober: a Poisson schedule sends when it said, and says so", "[prober][sim]") {
  Bench bench;
  ProbeOptions options{.count = 500, .interval = 10ms, .schedule = ScheduleKind::poisson};
  const Summary s = bench.probe(options);
  CHECK(s.schedule == ScheduleKind::poisson);
  CHECK(s.received_total == 500);
  CHECK(s.send_lateness.max == 0ns);
  CHECK(s.response.max == 10ms);
  std::vector<Duration> gaps;
  for (std::size_t i = 1; i < bench.link->sent_at.size(); ++i) {
    gaps.push_back(bench.link->sent_at[i] - bench.link->sent_at[i - 1]);
  }
  std::sort(gaps.begin(), gaps.end());
  CHECK(gaps.front() < 1ms);
  CHECK(gaps.back() > 40ms);
  const auto total = bench.link->sent_at.back() - bench.link->sent_at.front();
  CHECK(total > 4500ms);
  CHECK(total < 5500ms);
}

TEST_CASE("prober: flows of a target take turns, and add up to it", "[prober][sim]") {
  SimNetwork net;
  EventCollector events;
  std::vector<SimLink*> links(3);
  std::vector<ProbeTarget> targets(1);
  for (std::size_t i = 0; i < 3; ++i) {
    ProbeConnection& flow = targets[0].flows.emplace_back();
    flow.port = net.make_port({.one_way_delay = 1ms * static_cast<int>(i + 1)}, links[i]);
  }
  links[1]->fates[0].replies.clear();
  const ProbeOptions options{.count = 2, .interval = 30ms, .timeout = 50ms};
  ProbeObserver nobody;
  const auto results = run_prober(std::move(targets), options, net, net, nobody, kSeed);
  REQUIRE(results.size() == 1);
  REQUIRE(results[0].flows.size() == 3);
  CHECK(links[1]->sent_at[0] - links[0]->sent_at[0] == 10ms);
  CHECK(links[2]->sent_at[0] - links[0]->sent_at[0] == 20ms);
  CHECK(links[0]->sent[0] != links[1]->sent[0]);  // Each is a session of its own.
  const Summary& all = results[0].summary;
  CHECK(all.flow == std::nullopt);
  expect(all).sent(6).received(5).timeout(1);
  CHECK(all.loss_runs->count == 1);
  CHECK(all.rtt.min == 2ms);
  CHECK(all.rtt.max == 6ms);
  CHECK(all.rtt.mean == 4ms);  // 2, 2, 4, 6, 6.
  CHECK(all.achieved_per_second.value() == Approx(100.0));
  CHECK(results[0].latency->count() == 5);
  for (std::uint32_t i = 0; i < 3; ++i) {
    const Summary& flow = results[0].flows[i];
    CHECK(flow.flow == i);
    CHECK(flow.sent_total == 2);
    CHECK(flow.rtt.max == 2ms * static_cast<int>(i + 1));
  }
}

namespace {

/// When each flow of so many targets sends its first probe, after the run's start.
std::vector<Duration> first_sends(std::size_t targets, std::size_t flows,
                                  const ProbeOptions& options) {
  SimNetwork net;
  std::vector<SimLink*> links(targets * flows);
  std::vector<ProbeTarget> all(targets);
  for (std::size_t i = 0; i < links.size(); ++i) {
    all[i / flows].flows.emplace_back().port = net.make_port({}, links[i]);
  }
  ProbeObserver nobody;
  const Instant start = net.now();
  static_cast<void>(run_prober(std::move(all), options, net, net, nobody, kSeed));
  std::vector<Duration> out;
  for (const SimLink* link : links) out.push_back(link->sent_at.at(0) - start);
  return out;
}

}  // namespace

TEST_CASE("prober: flows of several targets take turns within one interval", "[prober][sim]") {
  const ProbeOptions options{.count = 2, .interval = 60ms};
  CHECK(first_sends(3, 1, options) == std::vector<Duration>{0ms, 20ms, 40ms});
  CHECK(first_sends(3, 2, options) == std::vector<Duration>{0ms, 30ms, 10ms, 40ms, 20ms, 50ms});
}

TEST_CASE("prober: many flows take turns in rounds of a few", "[prober][sim]") {
  const auto sends = [](std::size_t flows, Duration interval) {
    return first_sends(flows, 1, {.count = 1, .interval = interval});
  };
  const std::vector<Duration> few = sends(64, 64ms);
  for (std::size_t i = 0; i < few.size(); ++i) CHECK(few[i] == 1ms * static_cast<int>(i));
  const std::vector<Duration> many = sends(96, 96ms);
  for (std::size_t i = 0; i < many.size(); ++i) CHECK(many[i] == 4ms * static_cast<int>(i / 4));
  const std::vector<Duration> far = sends(100, 1s);  // Nobody shares a round.
  for (std::size_t i = 0; i < far.size(); ++i) CHECK(far[i] == 10ms * static_cast<int>(i));
  const std::vector<Duration> close = sends(160, 10ms);  // Sixteen in each.
  for (std::size_t i = 0; i < close.size(); ++i) CHECK(close[i] == 1ms * static_cast<int>(i / 16));
}

TEST_CASE("prober: a run shorter than its interval leaves each target its time", "[prober][sim]") {
  const SimNetwork net;  // Every simulation begins at the same instant.
  const ProbeOptions options{.count = 1, .interval = 60s, .deadline = net.now() + 4s};
  CHECK(first_sends(4, 1, options) == std::vector<Duration>{0ms, 500ms, 1s, 1500ms});
}

TEST_CASE("prober: random schedules begin apart, too, and a flood at once", "[prober][sim]") {
  ProbeOptions options{.count = 5, .interval = 40ms, .schedule = ScheduleKind::flood};
  CHECK(first_sends(4, 1, options) == std::vector<Duration>(4, 0ms));
  options.schedule = ScheduleKind::poisson;
  const std::vector<Duration> random = first_sends(4, 1, options);
  for (int i = 0; i < 4; ++i) CHECK(random[static_cast<std::size_t>(i)] >= 10ms * i);
}

TEST_CASE("prober: a reply does not wait for the sends of other targets", "[prober][sim]") {
  SimNetwork net;
  std::vector<SimLink*> links(8);
  std::vector<ProbeTarget> targets(8);
  for (std::size_t i = 0; i < 8; ++i) {
    targets[i].flows.emplace_back().port =
        net.make_port({.one_way_delay = 1ms, .send_call = 3ms}, links[i]);
  }
  // All are due once the first wait has ended too late.
  net.oversleep_at(1ms, 40ms);
  ProbeObserver nobody;
  const ProbeOptions options{.count = 1, .interval = 40ms, .timeout = 1s};
  const auto results = run_prober(std::move(targets), options, net, net, nobody, kSeed);
  for (std::size_t i = 1; i < 8; ++i) CHECK(results[i].summary.rtt.max == 3ms);
}

TEST_CASE("prober: a flow that has yet to begin lasted no time", "[prober][sim]") {
  SimNetwork net;
  EventCollector events;
  std::vector<SimLink*> links(2);
  std::vector<ProbeTarget> targets(2);
  for (std::size_t i = 0; i < 2; ++i) {
    targets[i].flows.emplace_back().port = net.make_port({}, links[i]);
  }
  net.interrupt_at(5s);
  const ProbeOptions options{.count = 2, .interval = 60s, .report_interval = 2s};
  const auto all = probe_over(net, std::move(targets), options, events, kSeed);
  REQUIRE(all.size() == 2);
  CHECK(all[0].duration == 5s);
  CHECK(all[1].duration == 0s);
  CHECK(all[1].scheduled_total == 0);
  for (const Summary& part : intervals(events)) {
    CHECK(part.duration >= 0s);
    CHECK(part.duration <= 2s);
  }
}

TEST_CASE("prober: intervals add up to the whole, and each holds its identities", "[prober][sim]") {
  Bench bench;
  bench.link->fates[3].replies = {{.extra = 40ms}};
  bench.link->fates[6].replies.clear();
  const ProbeOptions options{
      .count = 12, .interval = 10ms, .timeout = 60ms, .report_interval = 35ms};
  const Summary s = bench.probe(options);
  const std::vector<Summary> parts = intervals(bench.events);
  REQUIRE(parts.size() == 4);
  std::uint64_t received = 0;
  std::uint64_t lost = 0;
  std::uint64_t carried = 0;
  std::uint64_t sent = 0;
  for (const Summary& part : parts) {
    CHECK(part.scheduled_total == part.sent_total + part.send_error_total + part.skipped_total);
    CHECK(part.sent_total == part.received_total + part.lost_total + part.outstanding_total);
    received += part.received_total;
    lost += part.lost_total;
    sent += part.sent_total - carried;
    carried = part.outstanding_total;
  }
  CHECK(received == s.received_total);
  CHECK(lost == s.lost_total);
  CHECK(sent == s.sent_total);
  CHECK(carried == 0);
  CHECK(parts[0].sent_total == 4);  // At 0, 10, 20 and 30 ms.
  CHECK(parts[0].received_total == 3);
  CHECK(parts[0].rtt.max == 10ms);
  CHECK(parts[1].received_total == 2);  // Probes 4 and 5; 3 comes at 80 ms.
  CHECK(parts[2].rtt.max == 50ms);
  CHECK(parts[3].timeout_total == 1);
  CHECK(parts[3].rtt.max == 10ms);
  CHECK(s.rtt.max == 50ms);
}

TEST_CASE("prober: kernel stamps show the round trip without a late reader", "[prober][sim]") {
  Bench bench;
  bench.net.oversleep_at(105ms, 4ms);  // Reply 1 waits for its reader.
  const ProbeOptions options{.count = 3, .timestamps = TimestampSource::kernel};
  const Summary s = bench.probe(options);
  CHECK(s.timestamp_source == TimestampSource::kernel);
  CHECK(s.rtt.max == 14ms);
  CHECK(s.rtt_kernel.max == 10ms);
  CHECK(s.rtt_kernel.min == 10ms);
  CHECK(s.discarded_total == 0);
  CHECK(bench.events.replies()[1].timestamp_source == TimestampSource::kernel);
}

TEST_CASE("prober: one-way delays need a stamping server and clocks that agree", "[prober][sim]") {
  Bench bench{{.one_way_delay = 5ms, .server = SimServer::stamping, .residence = 1ms}};
  ProbeOptions options{.count = 4};
  bench.link->fates[1].request_extra = 3ms;
  SECTION("nobody said that they agree") {
    const Summary s = bench.probe(options);
    CHECK(s.one_way.forward.max == std::nullopt);
    CHECK(s.server_residence.max == 1ms);
  }
  SECTION("they do") {
    options.clocks = HostClocks::synchronized;
    const Summary s = bench.probe(options);
    CHECK(s.one_way.forward.min == 5ms);
    CHECK(s.one_way.forward.max == 8ms);
    CHECK(s.one_way.reverse.min == 5ms);
    CHECK(s.one_way.reverse.max == 5ms);
    CHECK(s.discarded_total == 0);
  }
  SECTION("they do not: nothing arrives before it was sent") {
    options.clocks = HostClocks::synchronized;
    bench.net.step_wall_clock_at(0ms, 6ms);
    const Summary s = bench.probe(options);
    CHECK(s.discarded_total == 3);  // Only probe 1 was on its way for longer than that.
    CHECK(s.one_way.forward.max == 2ms);
    CHECK(s.rtt.min == 11ms);
  }
}

TEST_CASE("prober: a stepped wall clock costs the samples across it, and nothing else",
          "[prober][sim]") {
  const Duration step = GENERATE(Duration{1h}, Duration{-1h}, Duration{200us}, Duration{-200us});
  Bench bench{{.one_way_delay = 5ms, .server = SimServer::stamping}};
  bench.net.step_wall_clock_at(205ms, step);  // Probe 2 is on its way.
  ProbeOptions options{.count = 5, .timestamps = TimestampSource::kernel};
  options.clocks = HostClocks::synchronized;
  const Summary s = bench.probe(options);
  CHECK(s.received_total == 5);
  CHECK(s.duration == 410ms);
  CHECK(s.rtt.min == 10ms);
  CHECK(s.rtt.max == 10ms);
  CHECK(s.response.max == 10ms);
  CHECK(s.send_lateness.max == 0ns);
  CHECK(s.server_residence.max == 0ns);
  CHECK(s.rtt_kernel.min == 10ms);
  CHECK(s.rtt_kernel.max == 10ms);
  CHECK(s.discarded_total >= 1);
}

TEST_CASE("prober: after standing still for five seconds nothing is sent in a burst",
          "[prober][sim]") {
  Bench bench;
  bench.net.oversleep_at(95ms, 5s);
  const ProbeOptions options{.count = 0, .interval = 10ms, .duration = 6s};
  const Summary s = bench.probe(options);
  CHECK(s.scheduled_total == 600);
  CHECK(s.skipped_total > 480);
  CHECK(s.skipped_total < 510);
  CHECK(s.lost_total == 1);  // The one that was out: its reply was there, but read too late.
  // One slot may be sent late, next to the one that is due.
  for (std::size_t i = 2; i < bench.link->sent_at.size(); ++i) {
    CHECK(bench.link->sent_at[i] - bench.link->sent_at[i - 2] >= 10ms);
  }
}
