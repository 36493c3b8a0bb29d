// Probes too small for a frame, over a transport that carries the low bits of their sequence.

#include <cerrno>

#include "core/seam/wire_format.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/session_probes.hpp"
#include "tests/support/sim_network.hpp"

using namespace netecho;
using namespace netecho::test;
using namespace std::chrono_literals;
using netecho::testing::SessionProbes;

namespace {

using Bytes = std::vector<std::byte>;

constexpr std::uint64_t kSession = 0x0123'4567'89AB'CDEF;

Bytes copy(std::span<const std::byte> bytes) {
  return {bytes.begin(), bytes.end()};
}

SessionProbes numbered(std::uint32_t size) {
  return SessionProbes{size, kSession, 1, nullptr, kNumberedFrames};
}

struct NumberedBench {
  NumberedBench() {
    port = net.make_port({}, link);
    link->numbered = true;
  }

  Summary probe(const ProbeOptions& options) {
    std::vector<ProbeTarget> targets;
    targets.push_back(target_over(std::move(port), "icmp://sim"));
    targets.back().wire_format = kNumberedFrames;
    return probe_over(net, std::move(targets), options, events, 7).at(0);
  }

  SimNetwork net;
  SimLink* link = nullptr;
  std::unique_ptr<MessagePort> port;
  EventCollector events;
};

ProbeOptions small_probes(std::uint32_t size, std::uint64_t count) {
  ProbeOptions options;
  options.size_bytes = size;
  options.count = count;
  options.interval = 10ms;
  options.timeout = 250ms;
  return options;
}

}  // namespace

TEST_CASE("numbered probes: content and number together tell a small probe",
          "[probe_format][unit]") {
  const std::uint32_t size = GENERATE(0U, 1U, 2U, 3U, 4U, 31U);
  CAPTURE(size);
  SessionProbes content = numbered(size);
  CHECK(content.most_outstanding() == 65'536);
  const Sequence sequence{70'001};
  const auto number = static_cast<std::uint16_t>(sequence.value);
  const Answerable answerable{{69'990}, {70'020}};
  const Bytes message = copy(content.encode(sequence));
  const Reading whole = content.read_numbered(message, number, answerable);
  CHECK(whole.kind == ReadingKind::intact);
  CHECK(whole.sequence == sequence);
  const Reading other = content.read_numbered(message, number + 1, answerable);
  if (size != 0) CHECK(other.kind == ReadingKind::damaged);
  CHECK(other.sequence == Sequence{70'002});
  Bytes longer = message;
  longer.push_back(std::byte{1});
  const Reading damaged = content.read_numbered(longer, number, answerable);
  CHECK(damaged.kind == ReadingKind::damaged);
  CHECK(damaged.sequence == sequence);
  // No probe had this number yet.
  CHECK_FALSE(content.read_numbered(message, 9, {{0}, {5}}).sequence.has_value());
}

TEST_CASE("numbered probes: where answers to other clients are heard, what does not fit is theirs",
          "[probe_format][unit]") {
  const std::uint32_t size = GENERATE(1U, 4U, 31U);
  CAPTURE(size);
  SessionProbes content{size, kSession, 1, nullptr, kForwardedFrames};
  CHECK(content.most_outstanding() == 65'536);
  const Sequence sequence{70'001};
  const auto number = static_cast<std::uint16_t>(sequence.value);
  const Answerable answerable{{69'990}, {70'020}};
  Bytes message = copy(content.encode(sequence));
  CHECK(content.read_numbered(message, number, answerable).sequence == sequence);
  CHECK(content.read_numbered(message, number + 1, answerable).kind == ReadingKind::foreign);
  message[0] ^= std::byte{1};
  CHECK(content.read_numbered(message, number, answerable).kind == ReadingKind::foreign);
}

TEST_CASE("numbered probes: a quote that is no more than the header tells its probe",
          "[probe_format][unit]") {
  const std::uint32_t size = GENERATE(0U, 16U, 64U);
  CAPTURE(size);
  SessionProbes content = numbered(size);
  const Bytes message = copy(content.encode({7}));
  const Answerable answerable{{3}, {9}};
  CHECK(content.read_numbered_quote({}, std::uint16_t{7}, answerable).sequence == Sequence{7});
  CHECK(content.read_numbered_quote(message, std::uint16_t{7}, answerable).sequence == Sequence{7});
  CHECK(content.read_numbered_quote({}, std::uint16_t{9}, answerable).kind != ReadingKind::intact);
}

TEST_CASE("numbered probes: one that is lost holds none of the others up", "[prober][sim]") {
  const std::uint32_t size = GENERATE(0U, 3U, 31U);
  CAPTURE(size);
  NumberedBench bench;
  bench.link->fates[1].request_lost = true;
  const Summary s = bench.probe(small_probes(size, 5));
  CHECK(s.sent_total == 5);
  CHECK(s.received_total == 4);
  CHECK(s.timeout_total == 1);
  CHECK(s.skipped_total == 0);
  CHECK(bench.events.story() == "0 ok, 2 ok, 3 ok, 4 ok, 1 timeout");
}

TEST_CASE("numbered probes: a flood keeps its window, and late and double replies are told",
          "[prober][sim]") {
  NumberedBench bench;
  bench.link->fates[0].replies = {{.extra = 400ms}};
  bench.link->fates[2].replies = {{}, {.extra = 1ms}};
  ProbeOptions options = small_probes(0, 40);
  options.schedule = ScheduleKind::flood;
  options.window = 4;
  const Summary s = bench.probe(options);
  CHECK(s.sent_total == 40);
  CHECK(s.received_total == 39);
  CHECK(s.duplicate_total == 1);
  CHECK(s.timeout_total == 1);
}

TEST_CASE("numbered probes: an error names its probe by the number alone", "[prober][sim]") {
  NumberedBench bench;
  bench.link->fates[1].icmp_error = EHOSTUNREACH;
  const Summary s = bench.probe(small_probes(0, 3));
  CHECK(s.unreachable_total == 1);
  CHECK(bench.events.story() == "0 ok, 1 unreachable, 2 ok");
}

TEST_CASE("numbered probes: what a stranger sends ends no probe, unless it is the echo",
          "[prober][sim]") {
  NumberedBench bench;
  bench.link->fates[0].replies = {{.corrupt = true}, {.extra = 1ms}};
  bench.link->strangers = {0, 1};
  const Summary s = bench.probe(small_probes(16, 2));
  CHECK(s.received_total == 2);
  CHECK(s.mismatch_total == 0);
  const std::vector<ReplyEvent> replies = bench.events.replies();
  REQUIRE(replies.size() == 2);
  REQUIRE(replies[0].peer.has_value());
  CHECK(replies[0].peer->uri == "icmp4://192.0.2.9");
  CHECK(replies[0].elsewhere);
  CHECK_FALSE(replies[1].elsewhere);
}

TEST_CASE("numbered probes: hop limits of replies are told, and how often they change",
          "[prober][sim]") {
  NumberedBench bench;
  bench.link->hop_limits = {61, 61, 57, 61};
  const Summary s = bench.probe(small_probes(64, 4));
  REQUIRE(s.path.has_value());
  CHECK(s.path->reply_hop_limit == HopLimits{.min = 57, .max = 61, .changes_total = 2});
  CHECK(bench.events.replies()[2].hop_limit == 57);
}

TEST_CASE("numbered probes: without a hop limit there is nothing to tell", "[prober][sim]") {
  NumberedBench bench;
  const Summary s = bench.probe(small_probes(64, 2));
  CHECK_FALSE(s.path.has_value());
  CHECK_FALSE(bench.events.replies()[0].hop_limit.has_value());
}

TEST_CASE("numbered probes: hop limits of several flows become one", "[prober][unit]") {
  HopLimits all;
  all.add({.min = 60, .max = 60, .changes_total = 0});
  all.add({});
  all.add({.min = 55, .max = 64, .changes_total = 2});
  CHECK(all == HopLimits{.min = 55, .max = 64, .changes_total = 2});
}
