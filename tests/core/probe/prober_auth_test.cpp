// Probes with a key: what a server with it answers, and what is no answer.

#include <algorithm>

#include "core/codec/stream_framer.hpp"
#include "core/probe/probe_format.hpp"
#include "tests/core/codec/keyed_server.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/session_probes.hpp"

using namespace netecho;
using netecho::test::Bytes;
using netecho::test::KeyedServer;

namespace {

constexpr std::uint64_t kSession = 0x0123456789ABCDEF;
constexpr Sequence kNext{1000};

Bytes copy(std::span<const std::byte> bytes) {
  return {bytes.begin(), bytes.end()};
}

/// What a stream of a server that requires the key makes of a probe.
Bytes answered(Bytes probe) {
  KeyedServer server{Unauthenticated::refused};
  StreamFramer framer;
  const FeedResult fed = framer.feed(probe, server.source);
  REQUIRE(fed.end == FeedEnd::none);
  REQUIRE(fed.ready_bytes == probe.size());
  return probe;
}

}  // namespace

TEST_CASE("prober: with a key all of a probe is authenticated frames, and so is its answer",
          "[probe_format][auth][unit]") {
  const std::uint32_t size = GENERATE(48U, 71U, 72U, 1472U, 65'536U, 65'537U, 65'583U, 65'584U,
                                      90'000U, 131'072U, 131'073U, 131'119U, 131'120U, 300'000U);
  CAPTURE(size);
  const KeyedServer server;
  testing::SessionProbes content{size, kSession, 2, &server.key};
  CHECK(content.asks_for_stamps() == (size >= 72));
  for (const std::size_t slot : {0U, 1U}) {
    const Bytes reply = answered(copy(content.encode({7 + slot}, slot)));
    const Reading reading = content.read(reply, {0}, kNext);
    CHECK(reading.kind == ReadingKind::intact);
    CHECK(reading.sequence == Sequence{7 + slot});
    CHECK(reading.stamp.has_value() == (size >= 72));
  }
}

TEST_CASE("prober: with a key the probe itself is no answer", "[probe_format][auth][unit]") {
  const std::uint32_t size = GENERATE(48U, 72U, 70'000U);
  const KeyedServer server;
  testing::SessionProbes content{size, kSession, 1, &server.key};
  const Reading reading = content.read(content.encode({7}), {7}, kNext);
  CHECK(reading.kind == ReadingKind::unproven);
  CHECK(reading.sequence == Sequence{7});
}

TEST_CASE("prober: every single flipped bit of an authenticated reply shows",
          "[probe_format][auth][unit]") {
  const std::uint32_t size = GENERATE(48U, 80U);
  const KeyedServer server;
  testing::SessionProbes content{size, kSession, 1, &server.key};
  const Bytes reply = answered(copy(content.encode({7})));
  REQUIRE(content.read(reply, {7}, kNext).kind == ReadingKind::intact);
  for (std::size_t bit = 0; bit < 8 * reply.size(); ++bit) {
    CAPTURE(bit);
    Bytes damaged = reply;
    damaged[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
    CHECK(content.read(damaged, {7}, kNext).kind == ReadingKind::unproven);
    const bool in_checksum = bit / 8 >= kFrameChecksumAt && bit / 8 < kFrameChecksumAt + 4;
    if (in_checksum) continue;
    write_checksum(damaged);  // Anybody can.
    CHECK(content.read(damaged, {7}, kNext).kind != ReadingKind::intact);
  }
}

TEST_CASE("prober: with a key, only the server's answer to this session is one",
          "[probe_format][auth][unit]") {
  const KeyedServer server;
  const AuthKey other{Bytes(16, std::byte{1})};
  testing::SessionProbes content{72, kSession, 1, &server.key};
  const Bytes reply = answered(copy(content.encode({7})));

  Bytes resigned = reply;
  other.sign(resigned);
  CHECK(content.read(resigned, {7}, kNext).kind == ReadingKind::unproven);

  testing::SessionProbes elsewhere{72, kSession + 1, 1, &server.key};
  const Bytes foreign = answered(copy(elsewhere.encode({7})));
  CHECK(content.read(foreign, {7}, kNext).kind == ReadingKind::foreign);

  testing::SessionProbes bare{72, kSession};
  Bytes stamped = copy(bare.encode({7}));
  stamp_frame(stamped, 72, {1, 2, 3});
  CHECK(content.read(stamped, {7}, kNext).kind == ReadingKind::unproven);
  CHECK(content.read(Bytes(72, std::byte{'x'}), {7}, kNext).kind == ReadingKind::unproven);
  CHECK(content.read({}, {7}, kNext).kind == ReadingKind::unproven);
  // And the other way round: without a key a tag is no answer either.
  CHECK(bare.read(reply, {7}, kNext).kind == ReadingKind::damaged);
}

TEST_CASE("prober: no frame behind the first can be taken for an answer",
          "[probe_format][auth][unit]") {
  const KeyedServer server;
  testing::SessionProbes large{65'536 + 72, kSession, 1, &server.key};
  const Bytes behind = copy(large.encode({0}).subspan(65'536));
  FrameHeader header;
  REQUIRE(decode_frame(behind, header) == DecodeStatus::ok);
  CHECK(header.type == FrameType::reply);
  CHECK(server.key.verify(behind));
  CHECK(header.session != kSession);
}
