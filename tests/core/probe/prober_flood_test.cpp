// Floods, alone and in trains: exact on a simulated network.

#include <algorithm>
#include <cerrno>
#include <string>
#include <tuple>
#include <vector>

#include "core/probe/prober.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/expect_summary.hpp"
#include "tests/support/prober_bench.hpp"
#include "tests/support/sim_network.hpp"

using namespace netecho;
using namespace netecho::test;
using netecho::testing::expect;
using namespace std::chrono_literals;

TEST_CASE("prober: a flood keeps its window full, and has no response times", "[prober][sim]") {
  Bench bench;
  ProbeOptions options{.count = 100, .schedule = ScheduleKind::flood, .window = 4};
  bench.link->fates[5].replies.clear();
  const Summary s = bench.probe(options);
  CHECK(s.schedule == ScheduleKind::flood);
  expect(s).sent(100).received(99).timeout(1).skipped(0);
  CHECK(s.rtt.max == 10ms);
  CHECK(s.response.min == std::nullopt);
  CHECK(s.send_lateness.max == std::nullopt);
  // Four at once; then the lost one holds its place for a second, and three go round in 10 ms.
  CHECK(bench.link->sent_at[3] == bench.link->sent_at[0]);
  CHECK(bench.link->sent_at[4] == bench.link->sent_at[0] + 10ms);
  CHECK(bench.link->sent_at[8] == bench.link->sent_at[0] + 20ms);
  CHECK(bench.link->sent_at[11] == bench.link->sent_at[0] + 30ms);
  CHECK(s.duration == 1010ms);
  CHECK(s.achieved_per_second.value() == Approx(100 / 1.01));
}

TEST_CASE("prober: a flood leaves in trains, each message of which counts", "[prober][sim]") {
  Bench bench{{.server = SimServer::stamping, .trains = SimTrains::taken}};
  ProbeOptions options{.count = 500, .schedule = ScheduleKind::flood, .window = 100};
  bench.link->fates[7].replies.clear();
  bench.link->fates[8].replies[0].corrupt = true;
  const Summary s = bench.probe(options);
  expect(s).sent(500).received(498).timeout(1).mismatch(1);
  CHECK(s.lost_reverse_total == 2);
  CHECK(s.tx_bytes_total == 500 * 64);
  CHECK(s.rtt.max == 10ms);
  REQUIRE(bench.link->sent.size() == 500);
  CHECK(bench.link->trains[0] == 64);  // The most in one, …
  CHECK(bench.link->trains[1] == 36);  // … and what the window leaves.
  CHECK(bench.link->sent_at[99] == bench.link->sent_at[0]);
  for (std::uint64_t i = 0; i < 500; ++i) {
    CHECK(read_frame_key(std::as_bytes(std::span{bench.link->sent[i]})).sequence == Sequence{i});
  }
}

TEST_CASE("prober: short trains that come back leave as whole ones", "[prober][sim]") {
  Bench bench{{.trains = SimTrains::taken, .most_a_receive = 32}};
  const ProbeOptions options{.count = 500, .schedule = ScheduleKind::flood, .window = 128};
  expect(bench.probe(options)).sent(500).received(500);
  // All answers that are there make room before the next train leaves; at the end there are few to
  // send.
  CHECK(bench.link->trains == std::vector<std::size_t>{64, 64, 64, 64, 64, 64, 64, 52});
}

TEST_CASE("prober: between probes that came back together there is no variation", "[prober][sim]") {
  Bench bench;
  const ProbeOptions options{.count = 64, .schedule = ScheduleKind::flood, .window = 64};
  bench.fate(0).replies[0].extra = 63us;  // The others wait for it: they are final together.
  const Summary s = bench.probe(options);
  CHECK(s.rtt_variation.max == 63us);
  CHECK(s.rtt_variation.mean == 1us);  // One of 63.
}

TEST_CASE("prober: each message of a train that comes in counts, also of a longer one than ours",
          "[prober][sim]") {
  const std::size_t copies = GENERATE(1U, 64U, 65U, 100U, 128U, 129U);
  CAPTURE(copies);
  Bench bench{{.trains = SimTrains::taken}};
  bench.fate(0).replies.clear();
  bench.net.at(10ms, [&] {
    std::string train;
    for (std::size_t i = 0; i < copies; ++i) train += bench.link->sent.at(0);
    bench.link->inbox.push_back({.bytes = train, .segment_size = 64});
  });
  std::vector<ProbeTarget> targets;
  targets.push_back(target_over(std::move(bench.port), "udp://sim:7"));
  targets[0].target.socket_type = SocketType::datagram;  // Only these have room for trains.
  const ProbeOptions options{.count = 1, .schedule = ScheduleKind::flood, .window = 1};
  const Summary s = probe_over(bench.net, std::move(targets), options, bench.events, kSeed).at(0);
  expect(s).sent(1).received(1).duplicate(copies - 1);
  CHECK(s.rx_bytes_total == copies * 64);
}

TEST_CASE("prober: a flood in trains is limited by their bytes", "[prober][sim]") {
  Bench bench{{.trains = SimTrains::taken}};
  ProbeOptions options{.count = 200, .schedule = ScheduleKind::flood, .window = 100};
  options.size_bytes = GENERATE(1400U, 32'753U, 32'754U);
  CAPTURE(options.size_bytes);
  const Summary s = bench.probe(options);
  CHECK(s.received_total == 200);
  const std::size_t most = 65'507 / options.size_bytes;
  for (const std::size_t each : bench.link->trains) CHECK(each <= most);
  CHECK(bench.link->trains.empty() == (most < 2));
}

TEST_CASE("prober: a flood whose train is refused leaves without", "[prober][sim]") {
  Bench bench{{.trains = SimTrains::refused}};
  ProbeOptions options{.count = 100, .schedule = ScheduleKind::flood, .window = 10};
  const Summary s = bench.probe(options);
  expect(s).sent(100).received(100).send_error(0);
  CHECK(s.duration == 100ms);  // Refused at once, sent at once.
  CHECK(bench.link->trains == std::vector<std::size_t>{10});
}

TEST_CASE("prober: without a flood there are no trains", "[prober][sim]") {
  Bench bench{{.trains = SimTrains::taken}};
  const Summary s = bench.probe({.count = 20});
  CHECK(s.received_total == 20);
  CHECK(bench.link->trains.empty());
}

TEST_CASE("prober: a flood ends with its time, and waits for what is out", "[prober][sim]") {
  Bench bench;
  ProbeOptions options{.count = 0, .duration = 45ms, .schedule = ScheduleKind::flood, .window = 2};
  const Summary s = bench.probe(options);
  CHECK(s.sent_total == 10);  // At 0, 10, 20, 30 and 40 ms.
  CHECK(s.received_total == 10);
  CHECK(s.duration == 50ms);
}

TEST_CASE("prober: a flood that can't be sent does not spin", "[prober][sim]") {
  Bench bench;
  SimLink& link = *bench.link;
  for (std::uint64_t i = 0; i < 5; ++i) link.fates[i].send_error = EPERM;
  ProbeOptions options{.count = 6, .schedule = ScheduleKind::flood};
  const Summary s = bench.probe(options);
  expect(s).send_error(5).received(1);
  CHECK(s.duration == 15ms);  // A millisecond after each failure, then a round trip.
}

namespace {

/// Wants to hear of each probe, or of none.
class Listener final : public ProbeObserver {
 public:
  explicit Listener(bool listens) : listens_{listens} {}
  [[nodiscard]] bool wants_outcomes() const noexcept override { return listens_; }
  void outcome(const ProbeOutcome& /*outcome*/) override { ++heard_; }
  [[nodiscard]] std::uint64_t heard() const noexcept { return heard_; }

 private:
  bool listens_;
  std::uint64_t heard_ = 0;
};

/// A flood in trains of which some answers are lost, damaged, doubled and late, and some come in
/// another order.
Summary troubled_flood(SimServer server, Listener& listener) {
  SimNetwork net;
  SimLink* link = nullptr;
  auto port = net.make_port({.server = server, .trains = SimTrains::taken, .residence = 1ms}, link);
  link->fates[7].replies.clear();
  link->fates[8].request_lost = true;
  link->fates[9].replies[0].corrupt = true;
  link->fates[20].replies.resize(3);
  link->fates[30].replies[0].extra = 3ms;
  link->fates[31].request_extra = 2ms;
  link->fates[40].replies[0].extra = 15ms;
  for (std::uint64_t i = 64; i < 96; ++i) link->fates[i].request_extra = 1ms;
  ProbeOptions options{.count = 500, .schedule = ScheduleKind::flood, .window = 100};
  options.timeout = 20ms;
  options.clocks = HostClocks::synchronized;
  std::vector<ProbeTarget> targets;
  targets.push_back(target_over(std::move(port), "udp://sim:7"));
  targets[0].target.socket_type = SocketType::datagram;
  return run_prober(std::move(targets), options, net, net, listener, kSeed).at(0).summary;
}

auto distribution(const auto& figures) {
  return std::tuple{figures.min, figures.mean, figures.p50, figures.max, figures.stddev};
}

}  // namespace

TEST_CASE("prober: answers that are taken together give the figures of those taken one by one",
          "[prober][sim]") {
  const SimServer server = GENERATE(SimServer::plain, SimServer::stamping);
  Listener listening{true};
  Listener silent{false};
  const Summary singly = troubled_flood(server, listening);
  const Summary together = troubled_flood(server, silent);
  CHECK(listening.heard() > 500);
  CHECK(silent.heard() == 0);
  check_identities(together);
  expect(singly).sent(500).received(496).timeout(3).mismatch(1).late(1).duplicate(2);
  expect(together).sent(500).received(496).timeout(3).mismatch(1).late(1).duplicate(2);
  CHECK(together.reordered_total == singly.reordered_total);
  CHECK(singly.reordered_total > 0);
  CHECK(together.rx_bytes_total == singly.rx_bytes_total);
  CHECK(distribution(together.rtt) == distribution(singly.rtt));
  CHECK(together.jitter_rfc3550 == singly.jitter_rfc3550);
  CHECK(together.rtt_variation.mean == singly.rtt_variation.mean);
  CHECK(together.rtt_variation.max == singly.rtt_variation.max);
  CHECK(together.loss_runs->count == singly.loss_runs->count);
  CHECK(together.loss_runs->longest == singly.loss_runs->longest);
  CHECK(together.lost_forward_total == singly.lost_forward_total);
  CHECK(together.lost_reverse_total == singly.lost_reverse_total);
  const bool stamping = server == SimServer::stamping;
  CHECK(together.lost_forward_total == (stamping ? std::optional<std::uint64_t>{1} : std::nullopt));
  CHECK(distribution(together.one_way.forward) == distribution(singly.one_way.forward));
  CHECK(distribution(together.one_way.reverse) == distribution(singly.one_way.reverse));
  CHECK(together.server_residence.max == (stamping ? std::optional<Duration>{1ms} : std::nullopt));
  CHECK(together.server_residence.mean == singly.server_residence.mean);
  CHECK(together.duration == singly.duration);
}
