// What went unanswered though nothing was lost in silence: exact on a simulated network.

#include <cerrno>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "core/probe/prober.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/expect_summary.hpp"
#include "tests/support/sim_network.hpp"

using namespace netecho;
using namespace netecho::test;
using netecho::testing::expect;
using namespace std::chrono_literals;

namespace {

constexpr WallTime kWallStart{1'700'000'000s};

struct Bench {
  explicit Bench(LinkOptions link_options = {}) : port{net.make_port(link_options, link)} {}

  /// Slots `first` to `last` are not sent.
  void fail(std::uint64_t first, std::uint64_t last, int error = ENETUNREACH) {
    for (std::uint64_t i = first; i <= last; ++i) link->fates[i].send_error = error;
  }
  Summary probe(const ProbeOptions& options) {
    std::vector<ProbeTarget> targets;
    targets.push_back(target_over(std::move(port), "udp://sim:7"));
    targets[0].reopen = reopen;
    const Summary s = probe_over(net, std::move(targets), options, events, 7).at(0);
    REQUIRE_FALSE(net.stuck());
    CHECK(s.scheduled_total == s.sent_total + s.send_error_total + s.skipped_total);
    CHECK(s.unanswered_total == s.lost_total + s.send_error_total + s.no_connection_total);
    CHECK(s.no_connection_total <= s.skipped_total);
    return s;
  }
  [[nodiscard]] std::vector<Summary> intervals() const {
    std::vector<Summary> all;
    for (const Event& event : events.events) {
      if (const auto* each = std::get_if<IntervalEvent>(&event.body)) all.push_back(each->summary);
    }
    return all;
  }

  SimNetwork net;
  SimLink* link = nullptr;
  std::unique_ptr<MessagePort> port;
  std::function<std::unique_ptr<Reopening>()> reopen;
  EventCollector events;
};

void check_runs(const Summary& s, std::uint64_t count, std::uint64_t longest, Duration time) {
  REQUIRE(s.loss_runs.has_value());
  CHECK(s.loss_runs->count == count);
  CHECK(s.loss_runs->longest == longest);
  CHECK(s.loss_runs->longest_time == time);
}

void check_outage(const Outage& outage, Duration start, Duration length, std::uint64_t probes) {
  CHECK(outage.start == kWallStart + start);
  CHECK(outage.duration == length);
  CHECK(outage.probes == probes);
}

}  // namespace

TEST_CASE("prober: what could not be sent is unanswered, one run and one outage", "[prober][sim]") {
  Bench bench;
  bench.fail(3, 6);
  const Summary s = bench.probe({.count = 10});
  CHECK(s.loss_ratio == 0.0);
  CHECK(s.unanswered_total == 4);
  CHECK(s.unanswered_ratio == 0.4);
  check_runs(s, 1, 4, 400ms);
  REQUIRE(s.outages.size() == 1);
  check_outage(s.outages[0], 300ms, 410ms, 4);
}

TEST_CASE("prober: a run that never sent a probe has an outage as long as it is", "[prober][sim]") {
  Bench bench;
  bench.fail(0, 4, EHOSTUNREACH);
  const Summary s = bench.probe({.count = 5});
  CHECK(s.loss_ratio == std::nullopt);
  CHECK(s.unanswered_ratio == 1.0);
  check_runs(s, 1, 5, 500ms);
  REQUIRE(s.outages.size() == 1);
  check_outage(s.outages[0], 0ms, 400ms, 5);
}

TEST_CASE("prober: silent losses before an outage and in it belong to it", "[prober][sim]") {
  Bench bench;
  bench.link->fates[2].request_lost = true;
  bench.fail(3, 3);
  bench.link->fates[4].request_lost = true;
  bench.fail(5, 5);
  const Summary s = bench.probe({.count = 10, .timeout = 250ms});
  CHECK(s.timeout_total == 2);
  check_runs(s, 1, 4, 400ms);
  REQUIRE(s.outages.size() == 1);
  check_outage(s.outages[0], 200ms, 410ms, 4);
}

TEST_CASE("prober: silent losses alone are no outage", "[prober][sim]") {
  Bench bench;
  for (const std::uint64_t i : {2U, 3U, 9U}) bench.link->fates[i].request_lost = true;
  const Summary s = bench.probe({.count = 10, .timeout = 250ms});
  check_runs(s, 2, 2, 200ms);
  CHECK(s.outages.empty());
  CHECK(s.unanswered_ratio == s.loss_ratio);
}

TEST_CASE("prober: a port that refuses for a while is an outage", "[prober][sim]") {
  Bench bench;
  for (const std::uint64_t i : {3U, 4U}) bench.link->fates[i].icmp_error = ECONNREFUSED;
  const Summary s = bench.probe({.count = 10});
  CHECK(s.refused_total == 2);
  REQUIRE(s.outages.size() == 1);
  check_outage(s.outages[0], 300ms, 210ms, 2);
}

TEST_CASE("prober: replies to probes sent before an outage do not end it", "[prober][sim]") {
  Bench bench{{.one_way_delay = 150ms}};
  bench.fail(3, 5);
  const Summary s = bench.probe({.count = 10});
  CHECK(s.received_total == 7);
  REQUIRE(s.outages.size() == 1);
  check_outage(s.outages[0], 300ms, 600ms, 3);  // Probe 6 is answered 300 ms after it left.
}

TEST_CASE("prober: a connection that gets no reply does not split an outage", "[prober][sim]") {
  Bench bench;
  bench.net.close_at(145ms, *bench.link);
  int made = 0;
  bench.reopen = [&] {
    SimLink* link = nullptr;
    auto port = bench.net.make_port({}, link);
    if (made++ == 0) {
      for (std::uint64_t i = 0; i < 10; ++i) link->fates[i].request_lost = true;
      bench.net.close_at(250ms, *link);
    }
    return reopened(std::move(port));
  };
  const Summary s = bench.probe({.count = 30, .interval = 20ms, .reconnect = Reconnect::yes});
  CHECK(made == 2);
  REQUIRE(s.outages.size() == 1);
  // Probe 7 was out when the first one died, five more when the second did.
  check_outage(s.outages[0], 140ms, 130ms, 6);
  check_runs(s, 1, 6, 120ms);
}

TEST_CASE("prober: slots that the instrument skipped neither count as unanswered nor end a run",
          "[prober][sim]") {
  Bench bench;
  bench.fail(2, 3);  // The next one after the pause.
  bench.net.oversleep_at(295ms, 350ms);
  const Summary s = bench.probe({.count = 10});
  expect(s).skipped(3).no_connection(0).unanswered(2);
  CHECK(s.unanswered_ratio.value() == Approx(2.0 / 7));
  check_runs(s, 1, 2, 500ms);
  REQUIRE(s.outages.size() == 1);
  check_outage(s.outages[0], 200ms, 510ms, 2);
}

TEST_CASE("prober: an interval has its own part of an outage", "[prober][sim]") {
  Bench bench;
  bench.fail(3, 6);
  const Summary s = bench.probe({.count = 10, .report_interval = 350ms});
  const std::vector<Summary> parts = bench.intervals();
  REQUIRE(parts.size() == 3);
  for (const Summary& part : parts) REQUIRE(part.outages.size() == 1);
  check_outage(parts[0].outages[0], 300ms, 50ms, 1);
  check_outage(parts[1].outages[0], 350ms, 350ms, 3);
  check_outage(parts[2].outages[0], 700ms, 10ms, 0);
  CHECK(parts[0].unanswered_total == 1);
  CHECK(parts[1].unanswered_ratio == 1.0);
  CHECK(parts[2].unanswered_ratio == 0.0);
  REQUIRE(s.outages.size() == 1);
  check_outage(s.outages[0], 300ms, 410ms, 4);
}

TEST_CASE("prober: an outage shows though a probe sent before it still waits", "[prober][sim]") {
  Bench bench;
  bench.link->fates[2].request_lost = true;
  bench.fail(3, 6);
  bench.net.interrupt_at(650ms);
  const Summary s = bench.probe({.count = 10, .timeout = 5s});
  CHECK(s.outstanding_total == 1);
  check_runs(s, 1, 4, 400ms);
  REQUIRE(s.outages.size() == 1);
  check_outage(s.outages[0], 300ms, 350ms, 4);
}

TEST_CASE("prober: an interval has the runs of losses that became final in it", "[prober][sim]") {
  Bench bench;
  for (const std::uint64_t i : {1U, 2U, 8U}) bench.link->fates[i].request_lost = true;
  const Summary s = bench.probe({.count = 10, .timeout = 50ms, .report_interval = 350ms});
  const std::vector<Summary> parts = bench.intervals();
  REQUIRE(parts.size() == 3);
  check_runs(parts[0], 1, 2, 200ms);
  check_runs(parts[1], 0, 0, 0ms);
  check_runs(parts[2], 1, 1, 100ms);
  check_runs(s, 2, 2, 200ms);
}
