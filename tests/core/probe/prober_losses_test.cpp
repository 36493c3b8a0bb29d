// Replies that are late, doubled, reordered, changed or missing: exact on a simulated network.

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

TEST_CASE("prober: a lost reply counts once its timeout passes", "[prober][sim]") {
  Bench bench;
  bench.fate(1).replies.clear();
  const Summary s = bench.probe(probes(3));
  expect(s).lost(1).timeout(1).received(2);
  CHECK(s.loss_ratio.value() == Approx(1.0 / 3));
  CHECK(s.rtt.max == 10ms);
  CHECK(s.response.max == std::nullopt);  // One of them is infinite.
  CHECK(s.response.p50 == 10ms);
  CHECK(s.rtt_variation.max == std::nullopt);  // No two neighbours were received.
  REQUIRE(s.loss_runs.has_value());
  CHECK(s.loss_runs->count == 1);
  CHECK(s.loss_runs->longest == 1);
  CHECK(s.loss_runs->longest_time == 100ms);
  CHECK(bench.net.elapsed() == 350ms);  // Probe 1 left at 100 ms and waited 250.
  CHECK(bench.events.story() == "0 ok, 2 ok, 1 timeout");
}

TEST_CASE("prober: a target without a reply is a negative result", "[prober][sim]") {
  Bench bench;
  for (std::uint64_t i = 0; i < 3; ++i) bench.fate(i).request_lost = true;
  const Summary s = bench.probe(probes(3));
  CHECK(s.exit_code == 1);
  CHECK(s.loss_ratio == 1.0);
  CHECK(s.rtt.min == std::nullopt);
  CHECK(s.response.p50 == std::nullopt);
  CHECK(s.stamped == std::nullopt);
  CHECK(s.loss_runs->longest == 3);
  CHECK(s.loss_runs->longest_time == 300ms);
}

TEST_CASE("prober: a reply after its timeout is late, and the probe still lost", "[prober][sim]") {
  Bench bench;
  bench.fate(0).replies = {{.extra = 260ms}};
  const Summary s = bench.probe(probes(4));
  expect(s).timeout(1).late(1).duplicate(0).reordered(0).received(3);
  CHECK(s.rtt.max == 10ms);
  CHECK(bench.events.story() == "1 ok, 2 ok, 0 timeout, 0 late, 3 ok");
}

TEST_CASE("prober: a reply at the very end of its timeout is in time", "[prober][sim]") {
  Bench bench;
  bench.fate(0).replies = {{.extra = 240ms}};
  const Summary s = bench.probe(probes(1));
  CHECK(s.received_total == 1);
  CHECK(s.rtt.max == 250ms);
  CHECK(s.late_total == 0);
}

TEST_CASE("prober: the first of several late copies is late, the others are duplicates",
          "[prober][sim]") {
  Bench bench;
  bench.fate(0).replies = {{.extra = 260ms}, {.extra = 262ms}};
  const Summary s = bench.probe(probes(4));
  expect(s).late(1).duplicate(1).lost(1);
}

TEST_CASE("prober: a further copy is a duplicate and no sample", "[prober][sim]") {
  Bench bench;
  bench.fate(1).replies = {{}, {.extra = 30ms}, {.extra = 110ms}};
  const Summary s = bench.probe(probes(4));
  expect(s).received(4).duplicate(2).reordered(0);
  CHECK(s.rtt.max == 10ms);
  CHECK(s.rx_bytes_total == 6 * 64);
  CHECK(bench.events.story() == "0 ok, 1 ok, 1 duplicate, 2 ok, 1 duplicate, 3 ok");
}

TEST_CASE("prober: a first copy behind a higher sequence is reordered", "[prober][sim]") {
  Bench bench;
  bench.fate(0).replies = {{.extra = 150ms}, {.extra = 160ms}};
  const Summary s = bench.probe(probes(3));
  expect(s).reordered(1).duplicate(1).received(3);
  CHECK(s.rtt.min == 10ms);
  CHECK(s.rtt.mean == 60ms);
  CHECK(s.rtt.max == 160ms);
  CHECK(s.rtt_variation.mean == 75ms);  // 150 ms between 0 and 1, 0 between 1 and 2.
  CHECK(s.rtt_variation.max == 150ms);
  // In order of arrival: 10, 160, 10 ms. J = 150/16 = 9.375; then + (150 - 9.375)/16.
  CHECK(s.jitter_rfc3550 == 18'164'063ns);
}

TEST_CASE("prober: a reply that is not what was sent is a mismatch", "[prober][sim]") {
  const std::uint32_t size = GENERATE(0U, 16U, 40U, 64U, 70'000U);
  CAPTURE(size);
  Bench bench;
  bench.fate(1).replies = {{.corrupt = true}};
  ProbeOptions options = probes(3);
  options.size_bytes = size;
  const Summary s = bench.probe(options);
  expect(s).mismatch(1).received(2);
  CHECK(bench.events.story() == "0 ok, 1 mismatch, 2 ok");
  CHECK(bench.net.elapsed() == 210ms);
}

TEST_CASE("prober: an ICMP error ends the probe that it quotes", "[prober][sim]") {
  Bench bench;
  bench.fate(0).icmp_error = ECONNREFUSED;
  bench.fate(2).icmp_error = EHOSTUNREACH;
  const Summary s = bench.probe(probes(3));
  expect(s).refused(1).unreachable(1).received(1).lost(2);
  CHECK(s.loss_runs->count == 2);
  CHECK(s.exit_code == 0);
  CHECK(bench.net.elapsed() == 210ms);
  CHECK(bench.events.story() == "0 refused, 1 ok, 2 unreachable");
}

TEST_CASE("prober: an ICMP error for small probes ends the one outstanding", "[prober][sim]") {
  const std::uint32_t size = GENERATE(0U, 16U);
  CAPTURE(size);
  Bench bench;
  bench.fate(0).icmp_error = ECONNREFUSED;
  ProbeOptions options = probes(2);
  options.size_bytes = size;
  const Summary s = bench.probe(options);
  expect(s).refused(1).received(1);
}

TEST_CASE("prober: what cannot be sent is a send error, not a loss", "[prober][sim]") {
  Bench bench;
  bench.fate(1).send_error = EMSGSIZE;
  const Summary s = bench.probe(probes(3));
  expect(s).scheduled(3).sent(2).send_error(1).received(2).lost(0);
  CHECK(s.loss_ratio == 0.0);
  CHECK(s.unanswered_total == 1);
  CHECK(s.loss_runs->count == 1);
  CHECK(s.response.max == std::nullopt);
  CHECK(bench.events.story() == "0 ok, 1 send_error, 2 ok");
}

TEST_CASE("prober: a stamping server tells where losses fall, and its own time", "[prober][sim]") {
  Bench bench{{.server = SimServer::stamping, .residence = 2ms}};
  bench.fate(1).request_lost = true;
  bench.fate(2).replies.clear();
  bench.fate(3).replies.clear();
  bench.fate(5).request_lost = true;  // Behind the last answer: nobody knows.
  const Summary s = bench.probe(probes(6));
  CHECK(s.stamped == true);
  expect(s).received(2).lost(4);
  CHECK(s.lost_forward_total == 1);
  CHECK(s.lost_reverse_total == 2);
  CHECK(s.server_residence.mean == 2ms);
  CHECK(s.server_residence.max == 2ms);
  CHECK(s.rtt.max == 12ms);
  CHECK(s.loss_runs->count == 2);
  CHECK(s.loss_runs->longest == 3);
  CHECK(bench.events.replies()[0].server_residence == 2ms);
}

TEST_CASE("prober: skipped slots and send errors are no loss in either direction",
          "[prober][sim]") {
  Bench bench{{.server = SimServer::stamping}};
  bench.fate(1).send_error = EMSGSIZE;
  const Summary s = bench.probe(probes(3));
  CHECK(s.lost_forward_total == 0);
  CHECK(s.lost_reverse_total == 0);
}

TEST_CASE("prober: a reply read after its timeout, because of oversleeping, is late",
          "[prober][sim]") {
  Bench bench;
  bench.fate(0).replies = {{.extra = 80ms}};
  bench.net.oversleep_at(90ms, 300ms);
  const Summary s = bench.probe(probes(1));
  expect(s).timeout(1).late(1);
  CHECK(s.exit_code == 1);
  CHECK(bench.events.story() == "0 timeout, 0 late");
}
