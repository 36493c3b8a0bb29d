// Which probe a bad reply is charged to, and what a run survives before its first probe.

#include <cerrno>
#include <string>

#include "core/probe/probe_format.hpp"
#include "core/probe/prober.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/expect_summary.hpp"
#include "tests/support/session_probes.hpp"
#include "tests/support/sim_network.hpp"

namespace netecho {
namespace {

using namespace std::chrono_literals;
using namespace netecho::test;
using netecho::testing::expect;

const std::string kGarbage(64, 'x');

/// Three probes a millisecond apart, answered 10 ms after they left.
struct Bench {
  Bench() { port = net.make_port({.one_way_delay = 5ms}, link); }

  void inject(Duration when, const std::string& bytes, int error = 0) {
    net.at(when, [this, bytes, error] { link->inbox.push_back({bytes, error}); });
  }
  Summary probe() {
    std::vector<ProbeTarget> targets;
    targets.push_back(target_over(std::move(port)));
    Summary summary = probe_over(net, std::move(targets), options, events, /*seed=*/1).at(0);
    REQUIRE_FALSE(net.stuck());
    CHECK(net.watched() == 0);
    CHECK(summary.scheduled_total ==
          summary.sent_total + summary.send_error_total + summary.skipped_total);
    CHECK(summary.sent_total ==
          summary.received_total + summary.lost_total + summary.outstanding_total);
    return summary;
  }

  SimNetwork net;
  SimLink* link = nullptr;
  std::unique_ptr<MessagePort> port;
  EventCollector events;
  ProbeOptions options{.count = 3, .interval = 1ms, .timeout = 250ms};
};

TEST_CASE("prober: a reply that names no probe is charged once the others are answered",
          "[prober][sim]") {
  Bench bench;
  bench.link->fates[0].replies.clear();
  bench.inject(10ms, kGarbage);
  const Summary summary = bench.probe();
  CHECK(bench.events.story() == "1 ok, 2 ok, 0 mismatch");
  CHECK(summary.mismatch_total == 1);
  CHECK(bench.net.elapsed() == 12ms);
}

TEST_CASE("prober: a reply that names no probe is charged to the first that times out",
          "[prober][sim]") {
  Bench bench;
  bench.link->fates[0].replies.clear();
  bench.link->fates[1].replies.clear();
  bench.inject(10ms, kGarbage);
  const Summary summary = bench.probe();
  CHECK(bench.events.story() == "2 ok, 0 mismatch, 1 timeout");
  expect(summary).mismatch(1).timeout(1);
  CHECK(bench.net.elapsed() == 251ms);
}

TEST_CASE("prober: a bad reply is not charged to a probe that was sent after it", "[prober][sim]") {
  Bench bench;
  bench.options.count = 2;
  bench.options.interval = 100ms;
  bench.link->fates[0].replies = {{.extra = 95ms}};
  bench.inject(50ms, kGarbage);  // Only probe 0 is under way.
  const Summary summary = bench.probe();
  CHECK(bench.events.story() == "0 mismatch, 0 late, 1 ok");
  CHECK(summary.received_total == 1);
}

TEST_CASE("prober: a server that answers every probe with other bytes is all mismatch",
          "[prober][sim]") {
  Bench bench;
  for (std::uint64_t i = 0; i < 3; ++i) {
    bench.link->fates[i].replies.clear();
    bench.inject(10ms + static_cast<std::int64_t>(i) * 1ms, "HTTP/1.1 400 Bad Request\r\n");
  }
  const Summary summary = bench.probe();
  expect(summary).mismatch(3).lost(3);
  CHECK(summary.exit_code == 1);
  CHECK(bench.net.elapsed() == 12ms);
}

TEST_CASE("prober: frames of other sessions are left alone and not counted", "[prober][sim]") {
  Bench bench;
  testing::SessionProbes other{64, 4711};
  const std::span<const std::byte> frame = other.encode({1});
  bench.inject(5ms, {reinterpret_cast<const char*>(frame.data()), frame.size()});
  const Summary summary = bench.probe();
  expect(summary).received(3).mismatch(0);
  CHECK(summary.rx_bytes_total == 3 * 64);
}

TEST_CASE("prober: an error that quotes too little is charged to the oldest probe",
          "[prober][sim]") {
  Bench bench;
  bench.link->fates[0].replies.clear();
  bench.inject(8ms, "short", EHOSTUNREACH);
  const Summary summary = bench.probe();
  CHECK(bench.events.story() == "0 unreachable, 1 ok, 2 ok");
  CHECK(summary.unreachable_total == 1);
}

TEST_CASE("prober: a flood of bad replies is charged no further than what is outstanding",
          "[prober][sim]") {
  Bench bench;
  bench.options.interval = 100ms;
  for (int i = 0; i < 1000; ++i) bench.inject(50ms, kGarbage);  // Nothing is outstanding.
  const Summary summary = bench.probe();
  expect(summary).received(3).lost(0);
  CHECK(summary.rx_bytes_total == 1003 * 64);
}

TEST_CASE("prober: a warm-up probe is awaited for its time-out, and its late reply is no figure",
          "[prober][sim]") {
  Bench bench;
  bench.options.warmup = 1;
  bench.link->fates[0].replies = {{.extra = 241ms}};  // One millisecond too late.
  const Summary summary = bench.probe();
  expect(summary).received(3).late(0);
  CHECK(bench.link->sent_at[1] - bench.link->sent_at[0] == 250ms);
}

TEST_CASE("prober: what ends the warm-up ends the run", "[prober][sim]") {
  Bench bench;
  bench.options.warmup = 10;
  bench.options.interval = 100ms;
  SECTION("an interrupt") {
    bench.net.interrupt_at(150ms);
    const Summary summary = bench.probe();
    CHECK(summary.interrupted);
    CHECK(summary.scheduled_total == 0);
    CHECK(summary.exit_code == 1);
    CHECK(bench.net.elapsed() == 150ms);
  }
  SECTION("the deadline") {
    bench.options.deadline = bench.net.now() + 250ms;
    const Summary summary = bench.probe();
    CHECK_FALSE(summary.interrupted);
    CHECK(summary.scheduled_total == 0);
    CHECK(bench.net.elapsed() == 250ms);
  }
}

TEST_CASE("prober: a connection that ends during the warm-up ends its flow at once",
          "[prober][sim]") {
  Bench bench;
  bench.options.warmup = 2;
  bench.net.close_at(3ms, *bench.link);
  const Summary summary = bench.probe();
  CHECK(summary.received_total == 0);
  CHECK(summary.error.has_value());
  CHECK(summary.exit_code == 1);
}

TEST_CASE("prober: a kernel stamp that belongs to another probe gives no sample", "[prober][sim]") {
  Bench bench;
  bench.options.timestamps = TimestampSource::kernel;
  bench.options.interval = 100ms;
  // Earlier than its probe left, and later than its reply came.
  bench.net.at(5ms, [&] { bench.link->kernel_sent.at(0) -= 1ms; });
  bench.net.at(105ms, [&] { bench.link->kernel_sent.at(1) += 11ms; });
  const Summary summary = bench.probe();
  CHECK(summary.discarded_total == 2);
  CHECK(summary.rtt_kernel.min == 10ms);
  CHECK(summary.rtt_kernel.max == 10ms);
  CHECK(summary.received_total == 3);
}

}  // namespace
}  // namespace netecho
