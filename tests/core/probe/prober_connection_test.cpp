// The life of a flow's connection: dropped, made again, or never there. On a simulated network.

#include <cerrno>
#include <functional>
#include <memory>
#include <optional>
#include <string>
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

struct Bench {
  Bench() : port{net.make_port({}, link)} {}

  Summary probe(const ProbeOptions& options) {
    std::vector<ProbeTarget> targets;
    targets.push_back(target_over(std::move(port), "udp://sim:7"));
    targets[0].target.socket_type = type;
    targets[0].target.path = path;
    targets[0].reopen = reopen;
    const Summary s = probe_over(net, std::move(targets), options, events, 7).at(0);
    REQUIRE_FALSE(net.stuck());
    CHECK(net.watched() == 0);
    CHECK(s.scheduled_total == s.sent_total + s.send_error_total + s.skipped_total);
    CHECK(s.sent_total == s.received_total + s.lost_total + s.outstanding_total);
    return s;
  }

  SimNetwork net;
  SimLink* link = nullptr;
  std::unique_ptr<MessagePort> port;
  SocketType type = SocketType::stream;
  std::optional<std::string> path;
  std::function<std::unique_ptr<Reopening>()> reopen;
  EventCollector events;
};

/// Fails so many times, then gives a port.
class SlowReopening final : public Reopening {
 public:
  SlowReopening(int& failures, int polls, std::unique_ptr<MessagePort> port)
      : failures_{failures}, polls_{polls}, port_{std::move(port)} {}
  ProbeConnection poll() override {
    if (failures_ > 0) {
      --failures_;
      throw Error{ErrorCategory::connect, "connect", "tcp://sim:7", "refused", ECONNREFUSED};
    }
    return {.port = polls_-- > 0 ? nullptr : std::move(port_),
            .peer = {},
            .local = {},
            .connect_time = {}};
  }

 private:
  int& failures_;
  int polls_;
  std::unique_ptr<MessagePort> port_;
};

}  // namespace

TEST_CASE("prober: a closed connection ends the flow and says why", "[prober][sim]") {
  Bench bench;
  bench.link->fates[2].replies.clear();
  bench.net.close_at(250ms, *bench.link);
  const Summary s = bench.probe({.count = 10});
  expect(s).scheduled(10).received(2).timeout(1).no_connection(7).outstanding(0);
  REQUIRE(s.error.has_value());
  CHECK(s.error->category == ErrorCategory::connect);
  CHECK(s.error->message.find("the peer closed the connection") != std::string::npos);
  CHECK(s.exit_code == 1);
  CHECK(bench.net.elapsed() == 250ms);
}

TEST_CASE("prober: a connection that fails ends the flow, too", "[prober][sim]") {
  Bench bench;
  bench.net.close_at(50ms, *bench.link, ECONNRESET);
  bench.link->fates[0].replies.clear();
  const Summary s = bench.probe({.count = 10});
  expect(s).scheduled(10).timeout(1);
  REQUIRE(s.error.has_value());
  CHECK(s.error->category == ErrorCategory::connect);
  CHECK(s.error->error_number == ECONNRESET);
  CHECK(s.exit_code == 1);
  CHECK(bench.net.elapsed() == 50ms);
}

TEST_CASE("prober: a connection that ends after its schedule costs only what was out",
          "[prober][sim]") {
  Bench bench;
  bench.net.close_at(205ms, *bench.link);
  SECTION("with replies before") {
    const Summary s = bench.probe({.count = 3});
    expect(s).received(2).timeout(1);
    CHECK(s.exit_code == 0);
    CHECK_FALSE(s.error.has_value());
  }
  SECTION("without one, it is the reason") {
    for (std::uint64_t i = 0; i < 3; ++i) bench.link->fates[i].replies.clear();
    const Summary s = bench.probe({.count = 3});
    CHECK(s.timeout_total == 3);
    CHECK(s.exit_code == 1);
    REQUIRE(s.error.has_value());
    CHECK(s.error->message == "probe udp://sim:7: the peer closed the connection");
  }
}

TEST_CASE("prober: a dropped stream ends its flow, unless it is to be made again",
          "[prober][sim]") {
  Bench bench;
  SimLink* second = nullptr;
  int failures = 3;
  bench.reopen = [&] {
    return std::make_unique<SlowReopening>(failures, 2, bench.net.make_port({}, second));
  };
  bench.net.close_at(145ms, *bench.link);
  ProbeOptions options{.count = 10, .interval = 20ms};
  SECTION("it ends") {
    const Summary s = bench.probe(options);
    REQUIRE(s.error.has_value());
    CHECK(s.error->message ==
          "probe udp://sim:7: the peer closed the connection, 145 ms into its schedule");
    CHECK(s.exit_code == 1);
    CHECK(s.scheduled_total == 10);
    CHECK(s.no_connection_total == 2);  // The slots that it never had.
    CHECK(s.unanswered_ratio == 0.3);
    expect(s).received(7).timeout(1);
    REQUIRE(s.outages.size() == 1);
    CHECK(s.outages[0].duration == 40ms);  // From probe 7, which was out, to the last slot.
    CHECK(s.outages[0].probes == 3);
  }
  SECTION("it goes on") {
    options.reconnect = Reconnect::yes;
    options.count = 30;
    const Summary s = bench.probe(options);
    CHECK_FALSE(s.error.has_value());
    CHECK(s.scheduled_total == 30);
    REQUIRE(s.outages.size() == 1);
    // Refused at 145, 155 and 165 ms; at 175 ms it is made within two looks at it. The slot at
    // 180 ms is answered 10 ms later.
    CHECK(s.outages[0].duration == 50ms);
    CHECK(s.outages[0].start == WallTime{1'700'000'000s + 140ms});
    // Probe 7 was out; the slot at 160 ms found no connection.
    CHECK(s.outages[0].probes == 2);
    expect(s).timeout(1).skipped(1).no_connection(1).unanswered(2).received(28);
    CHECK(second->sent.size() == 21);
    CHECK(s.rtt.max == 10ms);
  }
  CHECK(bench.net.watched() == 0);
}

TEST_CASE("prober: an outage that nobody ends lasts to the end of the run", "[prober][sim]") {
  Bench bench;
  int failures = 1'000'000;
  bench.reopen = [&] { return std::make_unique<SlowReopening>(failures, 0, nullptr); };
  bench.net.close_at(25ms, *bench.link);
  const ProbeOptions options{.count = 10, .interval = 20ms, .reconnect = Reconnect::yes};
  const Summary s = bench.probe(options);
  expect(s).received(1).timeout(1).skipped(8);
  REQUIRE(s.outages.size() == 1);
  CHECK(s.outages[0].duration == 160ms);  // From probe 1 to the last slot, at 180 ms.
  CHECK(s.outages[0].probes == 9);
}

TEST_CASE("prober: a server that accepts and closes is asked a few times an interval",
          "[prober][sim]") {
  Bench bench;
  int made = 0;
  const auto ends_after_1ms = [&] {
    SimLink* link = nullptr;
    auto port = bench.net.make_port({}, link);
    bench.net.close_at(bench.net.elapsed() + 1ms, *link);
    ++made;
    return reopened(std::move(port));
  };
  bench.reopen = ends_after_1ms;
  bench.net.close_at(145ms, *bench.link);
  const Summary s = bench.probe({.count = 20, .reconnect = Reconnect::yes});
  CHECK(s.received_total == 2);
  CHECK(s.outages.size() == 1);
  // At 145, 156 and 177 ms, then every 26 ms until the last slot, at 1900 ms.
  CHECK(made == 3 + (1900 - 177) / 26);
}

TEST_CASE("prober: the pause between attempts grows, and after a reply there is none",
          "[prober][sim]") {
  Bench bench;
  int failures = 5;
  std::vector<Duration> asked;
  bench.reopen = [&] {
    asked.push_back(bench.net.elapsed());
    SimLink* link = nullptr;
    auto port = bench.net.make_port({}, link);
    if (asked.size() == 6) bench.net.close_at(1650ms, *link);
    return std::make_unique<SlowReopening>(failures, 0, std::move(port));
  };
  bench.net.close_at(450ms, *bench.link);
  const Summary s = bench.probe({.count = 6, .interval = 400ms, .reconnect = Reconnect::yes});
  CHECK(asked == std::vector<Duration>{450ms, 460ms, 480ms, 520ms, 600ms, 700ms, 1650ms});
  CHECK(s.received_total == 6);
}

TEST_CASE("prober: a stream that answers nothing for half a second is made anew", "[prober][sim]") {
  Bench bench;
  for (std::uint64_t i = 2; i < 20; ++i) bench.link->fates[i].request_lost = true;
  SimLink* second = nullptr;
  bench.reopen = [&] { return reopened(bench.net.make_port({}, second)); };
  const Summary s = bench.probe({.count = 20, .timeout = 250ms, .reconnect = Reconnect::yes});
  REQUIRE(second != nullptr);
  CHECK(bench.link->sent.size() == 7);  // The first without a reply left at 200 ms.
  CHECK(second->sent.size() == 13);
  expect(s).timeout(5).received(15);
}

TEST_CASE("prober: with retry, a connection that never stood is a failure that says so",
          "[prober][sim]") {
  Bench bench;
  bench.port.reset();
  int failures = 0;
  bench.reopen = [&] { return std::make_unique<SlowReopening>(failures, 1'000'000, nullptr); };
  ProbeOptions options{.count = 3, .reconnect = Reconnect::yes};
  std::string why = "no connection before its schedule ended";
  SECTION("when its slots have passed") {}
  SECTION("when the run's time is up") {
    options.deadline = bench.net.now() + 220ms;
    why = "no connection before the deadline";
  }
  const Summary s = bench.probe(options);
  REQUIRE(s.error.has_value());
  CHECK(s.error->message == "connect udp://sim:7: " + why + " (ETIMEDOUT)");
  CHECK(s.exit_code == 1);
  CHECK(s.no_connection_total == s.scheduled_total);
  CHECK(s.no_connection_total >= 2);
}

TEST_CASE("prober: with retry, ticks without a connection count, however late the first probe is",
          "[prober][sim]") {
  Bench bench;
  bench.port.reset();
  int failures = 4;  // At 0, 10, 20 and 30 ms; the schedule begins at 20 ms.
  bench.reopen = [&] {
    SimLink* link = nullptr;
    return std::make_unique<SlowReopening>(failures, 0, bench.net.make_port({}, link));
  };
  bench.net.oversleep_at(35ms, 100ms);  // When it stands, nobody is there to use it.
  const Summary s = bench.probe({.count = 20, .interval = 10ms, .reconnect = Reconnect::yes});
  CHECK(s.scheduled_total == 20);
  CHECK(s.no_connection_total == 2);
  expect(s).skipped(11).received(9);
}

TEST_CASE("prober: a datagram socket that hears nothing for a minute is made anew",
          "[prober][sim]") {
  Bench bench;
  bench.type = SocketType::datagram;
  for (std::uint64_t i = 1; i < 20; ++i) bench.link->fates[i].request_lost = true;
  SimLink* second = nullptr;
  bench.reopen = [&] { return reopened(bench.net.make_port({}, second)); };
  const Summary s = bench.probe({.count = 10, .interval = 10s, .timeout = 1s});
  REQUIRE(second != nullptr);
  CHECK(bench.link->sent.size() == 7);  // The last one a minute after the first without a reply …
  CHECK(second->sent.size() == 3);      // … and the next ones where its name leads now.
  expect(s).received(4).timeout(6);
  CHECK_FALSE(s.error.has_value());
}

TEST_CASE("prober: a refused send makes a new socket where the peer's is a file", "[prober][sim]") {
  Bench bench;
  bench.type = SocketType::datagram;
  bench.link->fates[2].send_error = ECONNREFUSED;
  int made = 0;
  SimLink* next = nullptr;
  bench.reopen = [&] {
    ++made;
    return reopened(bench.net.make_port({}, next));
  };
  bench.path = GENERATE(std::optional<std::string>{}, std::optional<std::string>{"/run/s"});
  const Summary s = bench.probe({.count = 5});
  CHECK(made == (bench.path ? 1 : 0));
  CHECK(s.received_total == 4);
}

TEST_CASE("prober: once all are sent, no new socket takes the place of one with answers to come",
          "[prober][sim]") {
  Bench bench;
  bench.type = SocketType::datagram;
  bench.net.spin_before_deadlines(50us);
  for (std::uint64_t i = 0; i < 4; ++i) bench.link->fates[i].request_extra = 40ms;
  bench.link->fates[4].send_error = ENETUNREACH;
  SimLink* next = nullptr;
  bench.reopen = [&] { return reopened(bench.net.make_port({}, next)); };
  // Each interim report ends a wait, and the port is tried before.
  const Summary s = bench.probe({.count = 5, .interval = 10ms, .report_interval = 1ms});
  CHECK(next == nullptr);
  expect(s).received(4).send_error(1);
}

TEST_CASE("prober: a late reply to a small warm-up probe answers no probe", "[prober][sim]") {
  Bench bench;
  bench.link->fates[0].replies = {{.extra = 294ms}};  // At 304 ms; the first slot is due at 250 ms.
  SimLink* second = nullptr;
  bench.reopen = [&] { return reopened(bench.net.make_port({}, second)); };
  const Summary s = bench.probe({.count = 3, .timeout = 250ms, .size_bytes = 16, .warmup = 1});
  REQUIRE(second != nullptr);
  CHECK(bench.link->sent.size() == 1);
  CHECK(s.received_total == 3);
  CHECK(s.rtt.max == 10ms);
  CHECK(s.mismatch_total + s.late_total + s.duplicate_total == 0);
}

TEST_CASE("prober: after a time-out, small probes go on from a fresh port", "[prober][sim]") {
  SimNetwork net;
  EventCollector events;
  SimLink* first = nullptr;
  SimLink* second = nullptr;
  std::vector<ProbeTarget> targets;
  targets.push_back(target_over(net.make_port({}, first)));
  targets[0].reopen = [&] { return reopened(net.make_port({}, second)); };
  // Its reply comes while probe 3 is outstanding, and of no bytes at all, nothing tells them apart.
  first->fates[0].replies = {{.extra = 294ms}};
  const ProbeOptions options{.count = 4, .timeout = 250ms, .size_bytes = 0};
  const auto all = probe_over(net, std::move(targets), options, events, 7);
  REQUIRE(second != nullptr);
  CHECK(first->sent.size() == 1);
  CHECK(second->sent.size() == 1);
  expect(all[0]).timeout(1).skipped(2).received(1);
  CHECK(all[0].rtt.max == 10ms);
  CHECK(all[0].duplicate_total + all[0].late_total == 0);
  CHECK(net.watched() == 0);
}
