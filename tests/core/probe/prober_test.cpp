#include "core/probe/prober.hpp"

#include <cerrno>
#include <string>

#include "tests/support/catch.hpp"
#include "tests/support/expect_summary.hpp"
#include "tests/support/prober_bench.hpp"
#include "tests/support/sim_network.hpp"

using namespace netecho;
using namespace netecho::test;
using netecho::testing::expect;
using namespace std::chrono_literals;

TEST_CASE("prober: answered probes give exact figures", "[prober][sim]") {
  Bench bench;
  const Summary s = bench.probe(probes(3));
  expect(s).scheduled(3).sent(3).received(3).lost(0).outstanding(0);
  CHECK(s.loss_ratio == 0.0);
  CHECK(s.rtt.min == 10ms);
  CHECK(s.rtt.mean == 10ms);
  CHECK(s.rtt.stddev == 0ns);
  CHECK(s.rtt.p50 == 10ms);
  CHECK(s.rtt.p99 == std::nullopt);
  CHECK(s.rtt.max == 10ms);
  CHECK(s.response.max == 10ms);
  CHECK(s.rtt_variation.max == 0ns);
  CHECK(s.jitter_rfc3550 == 0ns);
  CHECK(s.send_lateness.max == 0ns);
  CHECK(s.connect_time.min == std::nullopt);
  CHECK(s.stamped == false);
  CHECK(s.lost_forward_total == std::nullopt);
  CHECK(s.server_residence.mean == std::nullopt);
  CHECK(s.tx_bytes_total == 192);
  CHECK(s.rx_bytes_total == 192);
  CHECK(s.size_bytes == 64);
  CHECK(s.duration == 210ms);
  CHECK(s.achieved_per_second.value() == Approx(10.0));
  CHECK(s.target.uri == "udp://sim:7");
  CHECK(s.schedule == ScheduleKind::periodic);
  CHECK(s.exit_code == 0);
  CHECK_FALSE(s.error.has_value());
  CHECK_FALSE(s.interrupted);
  CHECK(bench.net.elapsed() == 210ms);  // Nothing is awaited once all have come.
  CHECK(bench.events.story() == "0 ok, 1 ok, 2 ok");
  CHECK(bench.events.replies()[1].rtt == 10ms);
  CHECK(bench.events.replies()[1].response == 10ms);
  CHECK(bench.events.replies()[1].size_bytes == 64);
}

TEST_CASE("prober: the example of docs/metrics.md has the figures it shows", "[prober][sim]") {
  Bench bench;
  bench.fate(2).replies.clear();
  bench.fate(3).replies = {{.extra = 160ms}};
  bench.fate(4).replies = {{}, {.extra = 1ms}};
  const Summary s = bench.probe(probes(6));
  expect(s).received(5).timeout(1).duplicate(1).reordered(1);
  CHECK(s.loss_ratio.value() == Approx(0.1667).epsilon(0.001));
  CHECK(s.tx_bytes_total == 384);
  CHECK(s.rx_bytes_total == 384);
  CHECK(s.loss_runs->longest_time == 100ms);
  CHECK(s.rtt.min == 10ms);
  CHECK(s.rtt.mean == 42ms);
  CHECK(s.rtt.max == 170ms);
  CHECK(s.response.p75 == 170ms);
  CHECK(s.response.max == std::nullopt);
  CHECK(s.rtt_variation.mean == 53'333'333ns);  // 0, 160 and 0 ms.
  CHECK(s.rtt_variation.max == 160ms);
  CHECK(s.jitter_rfc3550 == 19'375'000ns);  // In order of arrival: 10, 10, 10, 170, 10 ms.
}

TEST_CASE("prober: a full socket delays a probe, up to one interval", "[prober][sim]") {
  Bench bench;
  bench.fate(1).send_blocks = true;
  const Summary s = bench.probe(probes(3));
  expect(s).received(3).skipped(0);
  CHECK(s.send_lateness.max.value() > 0ns);
  CHECK(s.send_lateness.max.value() <= 100ms);
  CHECK(s.response.max == 10ms + s.send_lateness.max.value());
  CHECK(s.rtt.max == 10ms);
}

TEST_CASE("prober: below 56 bytes no stamp is asked for", "[prober][sim]") {
  Bench bench{{.server = SimServer::stamping}};
  ProbeOptions options = probes(2);
  options.size_bytes = 55;
  const Summary s = bench.probe(options);
  CHECK(s.received_total == 2);
  CHECK(s.stamped == false);
}

TEST_CASE("prober: after oversleeping it sends one probe late, never a burst", "[prober][sim]") {
  Bench bench;
  bench.net.oversleep_at(100ms, 350ms);  // Up again at 450 ms: 1 to 4 are due.
  const Summary s = bench.probe(probes(6));
  expect(s).scheduled(6).skipped(3).sent(3).received(3);
  CHECK(s.send_lateness.max == 50ms);
  CHECK(s.rtt.max == 10ms);
  CHECK(s.response.p50 == 60ms);  // Three of six are infinite.
  CHECK(s.response.p75 == std::nullopt);
  CHECK(bench.events.story() == "0 ok, 1 skipped, 2 skipped, 3 skipped, 4 ok, 5 ok");
  REQUIRE(bench.link->sent_at.size() == 3);
  CHECK(bench.link->sent_at[2] - bench.link->sent_at[1] == 50ms);  // Back on schedule.
}

TEST_CASE("prober: a slot exactly one interval late is still sent", "[prober][sim]") {
  Bench bench;
  bench.net.oversleep_at(100ms, 100ms);
  const Summary s = bench.probe(probes(4));
  expect(s).skipped(0).received(4);
  CHECK(s.send_lateness.max == 100ms);
  CHECK(s.response.max == 110ms);
}

TEST_CASE("prober: an interrupt stops at once; what is unanswered is outstanding",
          "[prober][sim]") {
  Bench bench;
  bench.net.interrupt_at(305ms);
  ProbeOptions options = probes(0);
  const Summary s = bench.probe(options);
  CHECK(s.interrupted);
  expect(s).sent(4).received(3).outstanding(1).lost(0);
  CHECK(s.loss_ratio == 0.0);
  CHECK(s.exit_code == 0);
  CHECK(s.duration == 305ms);
  CHECK(bench.net.elapsed() == 305ms);
}

TEST_CASE("prober: the deadline ends the run, whatever happens", "[prober][sim]") {
  Bench bench;
  bench.fate(1).replies.clear();
  ProbeOptions options = probes(10);
  options.deadline = bench.net.now() + 202ms;
  const Summary s = bench.probe(options);
  expect(s).sent(3).received(1).outstanding(2);
  CHECK_FALSE(s.interrupted);
  CHECK(bench.net.elapsed() == 202ms);
}

TEST_CASE("prober: every size is echoed and known again", "[prober][sim]") {
  const std::uint32_t size =
      GENERATE(0U, 1U, 16U, 31U, 32U, 40U, 55U, 56U, 64U, 65'536U, 65'537U, 100'000U);
  CAPTURE(size);
  const SimServer server = GENERATE(SimServer::plain, SimServer::stamping);
  Bench bench{{.server = server}};
  ProbeOptions options = probes(4);
  options.size_bytes = size;
  const Summary s = bench.probe(options);
  CHECK(s.received_total == 4);
  CHECK(s.size_bytes == size);
  CHECK(s.tx_bytes_total == 4 * size);
  CHECK(s.stamped == (server == SimServer::stamping && size >= 56));
  REQUIRE(bench.link->sent.size() == 4);
  for (const std::string& message : bench.link->sent) CHECK(message.size() == size);
}

TEST_CASE("prober: of probes too small for a frame only one is outstanding", "[prober][sim]") {
  Bench bench;
  bench.fate(1).replies = {{.extra = 215ms}};  // Takes 225 ms: two slots come due meanwhile.
  ProbeOptions options = probes(5);
  options.size_bytes = 16;
  const Summary s = bench.probe(options);
  expect(s).received(3).skipped(2);
  CHECK(s.rtt.max == 225ms);
  CHECK(bench.events.story() == "0 ok, 2 skipped, 3 skipped, 1 ok, 4 ok");
}

TEST_CASE("prober: warm-up probes are in no figure", "[prober][sim]") {
  Bench bench{{.server = SimServer::stamping}};
  bench.fate(0).request_extra = 70ms;
  ProbeOptions options = probes(3);
  options.warmup = 2;
  const Summary s = bench.probe(options);
  CHECK(bench.link->sent.size() == 5);
  CHECK(bench.link->sessions.size() == 2);  // A session of their own.
  expect(s).scheduled(3).received(3);
  CHECK(s.rtt.max == 10ms);
  CHECK(s.tx_bytes_total == 3 * 64);
  CHECK(bench.events.story() == "0 ok, 1 ok, 2 ok");
}

TEST_CASE("prober: connect mode measures connecting, not round trips", "[prober][sim]") {
  Bench bench;
  bench.fate(1).icmp_error = ECONNREFUSED;
  ProbeOptions options = probes(3);
  options.mode = ProbeMode::connect;
  const Summary s = bench.probe(options);
  CHECK(s.mode == ProbeMode::connect);
  expect(s).received(2).refused(1);
  CHECK(s.connect_time.min == 10ms);
  CHECK(s.connect_time.max == 10ms);
  CHECK(s.rtt.min == std::nullopt);
  CHECK(s.rtt_variation.mean == std::nullopt);
  CHECK(s.jitter_rfc3550 == std::nullopt);
  CHECK(s.exit_code == 0);
}

TEST_CASE("prober: a report asked for shows the figures so far", "[prober][sim]") {
  Bench bench;
  bench.net.ask_for_report_at(250ms);
  bench.fate(2).replies = {{.extra = 80ms}};
  const Summary s = bench.probe(probes(4));
  // What was outstanding at the report was sent once.
  expect(s).sent(4).received(4).outstanding(0);
  std::vector<Summary> reports;
  for (const Event& event : bench.events.events) {
    if (const auto* report = std::get_if<IntervalEvent>(&event.body)) {
      reports.push_back(report->summary);
    }
  }
  REQUIRE(reports.size() == 1);
  check_identities(reports[0]);
  expect(reports[0]).sent(3).received(2).outstanding(1);
}

TEST_CASE("prober: several targets run side by side, each with its own figures", "[prober][sim]") {
  SimNetwork net;
  EventCollector events;
  SimLink* near = nullptr;
  SimLink* far = nullptr;
  SimLink* gone = nullptr;
  std::vector<ProbeTarget> targets;
  targets.push_back(target_over(net.make_port({.one_way_delay = 1ms}, near), "udp://sim:0"));
  targets.push_back(target_over(net.make_port({.one_way_delay = 40ms}, far), "udp://sim:1"));
  targets.push_back(target_over(net.make_port({}, gone), "udp://sim:2"));
  far->fates[2].replies.clear();
  net.close_at(180ms, *gone);
  ProbeOptions options = probes(3);
  options.interval = 90ms;  // They begin at 0, 30 and 60 ms.
  const auto all = probe_over(net, std::move(targets), options, events, kSeed);
  REQUIRE(all.size() == 3);
  for (const Summary& s : all) check_identities(s);
  CHECK(all[0].target.uri == "udp://sim:0");
  CHECK(all[0].received_total == 3);
  CHECK(all[0].rtt.max == 2ms);
  CHECK(all[0].duration == 182ms);
  CHECK(all[1].received_total == 2);
  CHECK(all[1].rtt.max == 80ms);
  CHECK(all[1].duration == 430ms);
  expect(all[2]).received(2).scheduled(3).no_connection(1);
  CHECK(all[2].error.has_value());
  CHECK(net.elapsed() == 460ms);
  CHECK(near->sent[0] != far->sent[0]);  // Each has its own session.
}

TEST_CASE("prober: payloads appear in replies as far as asked for", "[prober][sim]") {
  Bench bench;
  bench.events.show_payload_bytes = 8;
  static_cast<void>(bench.probe(probes(1)));
  const auto replies = bench.events.replies();
  REQUIRE(replies.size() == 1);
  REQUIRE(replies[0].payload.has_value());
  CHECK(replies[0].payload->data == bench.link->sent[0].substr(0, 8));
  CHECK(replies[0].payload->size_bytes == 64);
  CHECK(replies[0].payload->truncated);
}

TEST_CASE("prober: an observer that wants no outcomes sees the same figures", "[prober][sim]") {
  SimNetwork net;
  SimLink* link = nullptr;
  std::vector<ProbeTarget> targets;
  targets.push_back(target_over(net.make_port({}, link)));
  ProbeObserver nobody;
  const auto all = run_prober(std::move(targets), probes(3), net, net, nobody, kSeed);
  CHECK(all[0].summary.received_total == 3);
  CHECK(all[0].summary.rtt.max == 10ms);
  CHECK(all[0].flows.empty());
  CHECK(all[0].latency->count() == 3);
}
