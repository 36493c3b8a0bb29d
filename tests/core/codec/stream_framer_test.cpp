#include "core/codec/stream_framer.hpp"

#include <algorithm>
#include <array>

#include "core/base/random.hpp"
#include "tests/core/codec/hand_clock.hpp"
#include "tests/core/codec/vectors.hpp"
#include "tests/support/catch.hpp"

using namespace netecho;
using namespace netecho::test;

namespace {

/// A connection as a server has it: one buffer, the held bytes in front.
struct Connection {
  SessionTable sessions{1};
  HandClock clock{Instant{}, WallTime{Duration{1'000'000}}};
  StampSource source{sessions, clock};
  StreamFramer framer;
  Bytes echoed;
  std::uint32_t stamped = 0;
  int framing_lost = 0;

  void receive(std::span<const std::byte> bytes) {
    Bytes buffer(framer.prefix().begin(), framer.prefix().end());
    buffer.insert(buffer.end(), bytes.begin(), bytes.end());
    source.begin(clock.monotonic);
    const FeedResult result = framer.feed(buffer, source);
    REQUIRE(result.ready_bytes <= buffer.size());
    REQUIRE(buffer.size() - result.ready_bytes == framer.prefix().size());
    REQUIRE(framer.prefix().size() <= StreamFramer::kMaxHeldBytes);
    echoed.insert(echoed.end(), buffer.begin(),
                  buffer.begin() + static_cast<std::ptrdiff_t>(result.ready_bytes));
    stamped += result.frames_stamped;
    framing_lost += result.framing_lost ? 1 : 0;
    std::ranges::fill(buffer, std::byte{0xDD});  // It is another connection's now.
  }

  void release() {
    const auto held = framer.release();
    echoed.insert(echoed.end(), held.begin(), held.end());
    CHECK(framer.prefix().empty());
  }
};

Bytes frame(std::uint64_t sequence, std::uint32_t length, bool stamped = true) {
  FrameHeader header{.length = length, .session = 7, .sequence = {}, .stamp = {}};
  header.sequence = Sequence{sequence};
  if (stamped) header.stamp = FrameStamp{};
  Bytes bytes = random_bytes(length, sequence);
  encode_frame(header, bytes);
  return bytes;
}

/// The reply to frame(sequence, length) as the `count`th of its session.
Bytes reply(std::uint64_t sequence, std::uint32_t length, std::uint64_t count) {
  Bytes bytes = frame(sequence, length);
  stamp_frame(bytes, length, {1'000'000, 1'000'000, count});
  return bytes;
}

void append(Bytes& to, const Bytes& more) {
  to.insert(to.end(), more.begin(), more.end());
}

Bytes text(std::string_view letters) {
  const auto bytes = std::as_bytes(std::span{letters});
  return {bytes.begin(), bytes.end()};
}

/// A stream of frames of many kinds, and what comes back.
struct Conversation {
  Bytes sent;
  Bytes expected;
  std::uint32_t requests = 0;

  Conversation() {
    std::uint64_t sequence = 0;
    for (const std::uint32_t length : {64U, 56U, 57U, 65'536U, 100U, 1472U, 56U, 3000U}) {
      append(sent, frame(sequence, length));
      append(expected, reply(sequence, length, sequence + 1));
      ++sequence;
      ++requests;
      for (const Bytes& unchanged :
           {frame(1, 32, false), vector_named("message", "authenticated").bytes("bytes"),
            vector_named("frame", "reply-64").bytes("bytes"),
            vector_named("frame", "one-byte-of-payload").bytes("bytes")}) {
        append(sent, unchanged);
        append(expected, unchanged);
      }
    }
  }
};

}  // namespace

TEST_CASE("stream: whole frames in one receive come back stamped", "[unit][stream_framer]") {
  const Conversation conversation;
  Connection connection;
  connection.receive(conversation.sent);
  CHECK(connection.echoed == conversation.expected);
  CHECK(connection.stamped == conversation.requests);
  CHECK(connection.framing_lost == 0);
  CHECK(connection.framer.prefix().empty());
}

TEST_CASE("stream: byte by byte after the first 32, the same comes back", "[unit][stream_framer]") {
  const Conversation conversation;
  Connection connection;
  const std::span<const std::byte> sent{conversation.sent};
  connection.receive(sent.first(32));
  CHECK(connection.framer.prefix().size() == 32);
  for (const std::byte& byte : sent.subspan(32)) connection.receive({&byte, 1});
  CHECK(connection.echoed == conversation.expected);
  CHECK(connection.stamped == conversation.requests);
}

TEST_CASE("stream: in random pieces, the same comes back", "[unit][stream_framer]") {
  const Conversation conversation;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    CAPTURE(seed);
    SplitMix64 random{seed};
    const std::uint64_t most = 1 + (random.next() % 200) * (random.next() % 50);
    Connection connection;
    std::span<const std::byte> left{conversation.sent};
    std::size_t size = 32 + random.next() % 100;
    while (!left.empty()) {
      size = std::min(size, left.size());
      connection.receive(left.first(size));
      left = left.subspan(size);
      size = random.next() % (most + 1);
    }
    REQUIRE(connection.echoed == conversation.expected);
    REQUIRE(connection.stamped == conversation.requests);
  }
}

TEST_CASE("stream: a frame's payload is passed on before all of it is there",
          "[unit][stream_framer]") {
  Connection connection;
  const Bytes sent = frame(0, 65'536);
  connection.receive(std::span{sent}.first(56));
  CHECK(connection.echoed.size() == 56);
  CHECK(connection.stamped == 1);
  connection.receive(std::span{sent}.subspan(56, 1000));
  CHECK(connection.echoed.size() == 1056);
}

TEST_CASE("stream: a stamped request is held up to its 55th byte, no other frame past its 11th",
          "[unit][stream_framer]") {
  for (const auto& [bytes, held] :
       {std::pair{frame(1, 64), std::size_t{55}}, std::pair{frame(1, 64, false), std::size_t{11}},
        std::pair{vector_named("frame", "reply-64").bytes("bytes"), std::size_t{11}},
        std::pair{vector_named("message", "authenticated").bytes("bytes"), std::size_t{11}}}) {
    Connection connection;
    connection.receive(frame(0, 64));
    for (std::size_t i = 0; i < held; ++i) {
      connection.receive(std::span{bytes}.subspan(i, 1));
      CHECK(connection.framer.prefix().size() == i + 1);
    }
    connection.receive(std::span{bytes}.subspan(held, 1));
    CHECK(connection.framer.prefix().empty());
    CHECK(connection.echoed.size() == 64 + held + 1);
  }
}

TEST_CASE("stream: a first receive of 31 bytes makes it plain for good", "[unit][stream_framer]") {
  Connection connection;
  const Bytes sent = frame(0, 64);
  connection.receive(std::span{sent}.first(31));
  CHECK(connection.framer.is_plain());
  connection.receive(std::span{sent}.subspan(31));
  connection.receive(sent);
  Bytes expected = sent;
  append(expected, sent);
  CHECK(connection.echoed == expected);
  CHECK(connection.stamped == 0);
  CHECK(connection.framing_lost == 0);
}

TEST_CASE("stream: what does not start as a frame is plain for good", "[unit][stream_framer]") {
  for (const Vector& vector : vectors("frame")) {
    const std::string& status = vector.text("status");
    if (status == "ok" || status == "truncated" || status == "bad_checksum") continue;
    if (vector.name == "one-byte-too-many" || vector.name == "length-one-less") continue;
    CAPTURE(vector.name);
    Connection connection;
    Bytes sent = vector.bytes("bytes");
    connection.receive(sent);
    CHECK(connection.framer.is_plain());
    const Bytes later = frame(0, 64);
    connection.receive(later);
    append(sent, later);
    CHECK(connection.echoed == sent);
    CHECK(connection.stamped == 0);
    CHECK(connection.framing_lost == 0);  // There was none to lose.
  }
}

TEST_CASE("stream: a bad header loses the framing, once, and not one byte",
          "[unit][stream_framer]") {
  const std::array<Bytes, 5> bad{
      text("hello, this is not a frame at all"),
      vector_named("frame", "length-31").bytes("bytes"),
      vector_named("frame", "length-all-bits").bytes("bytes"),
      vector_named("frame", "flag-bit-2-and-stamp").bytes("bytes"),
      vector_named("frame", "type-3").bytes("bytes"),
  };
  for (const Bytes& header : bad) {
    for (const bool in_one_go : {true, false}) {
      CAPTURE(header.size(), in_one_go);
      Bytes sent = frame(0, 64);
      append(sent, header);
      append(sent, frame(1, 64));
      Bytes expected = reply(0, 64, 1);
      append(expected, header);
      append(expected, frame(1, 64));

      Connection connection;
      const std::span<const std::byte> bytes{sent};
      connection.receive(bytes.first(in_one_go ? bytes.size() : 64));
      for (const std::byte& byte : bytes.subspan(in_one_go ? bytes.size() : 64)) {
        connection.receive({&byte, 1});
      }
      CHECK(connection.echoed == expected);
      CHECK(connection.stamped == 1);
      CHECK(connection.framing_lost == 1);
      CHECK(connection.framer.is_plain());
    }
  }
}

TEST_CASE("stream: framing is lost at the first wrong byte, nothing waits for more",
          "[unit][stream_framer]") {
  Connection connection;
  connection.receive(frame(0, 64));
  connection.receive(text("h"));
  CHECK(connection.framing_lost == 1);
  CHECK(connection.echoed.size() == 65);
}

TEST_CASE("stream: released bytes are echoed as they came, and the next frame is stamped again",
          "[unit][stream_framer]") {
  const Bytes late = frame(1, 100);
  const std::span<const std::byte> bytes{late};
  for (std::size_t cut = 1; cut < 56; ++cut) {
    CAPTURE(cut);
    Connection connection;
    connection.receive(frame(0, 64));
    connection.receive(bytes.first(cut));
    CHECK(connection.echoed.size() == 64);
    connection.release();
    CHECK(connection.echoed.size() == 64 + cut);
    connection.release();  // A second time-out finds nothing.
    connection.receive(bytes.subspan(cut, 1));
    CHECK(connection.echoed.size() == 64 + cut + 1);  // The rest of it is not held again.
    connection.release();
    connection.receive(bytes.subspan(cut + 1));
    connection.receive(frame(2, 80));

    Bytes expected = reply(0, 64, 1);
    append(expected, late);
    append(expected, reply(2, 80, 2));
    CHECK(connection.echoed == expected);
    CHECK(connection.framing_lost == 0);
  }
}

TEST_CASE("stream: a released header that turns out bad loses the framing",
          "[unit][stream_framer]") {
  Connection connection;
  connection.receive(frame(0, 64));
  Bytes header = vector_named("frame", "length-31").bytes("bytes");
  connection.receive(std::span{header}.first(5));
  connection.release();
  connection.receive(std::span{header}.subspan(5));
  Bytes expected = reply(0, 64, 1);
  append(expected, header);
  CHECK(connection.echoed == expected);
  CHECK(connection.framing_lost == 1);
  CHECK(connection.framer.is_plain());
}

TEST_CASE("stream: an empty receive decides nothing", "[unit][stream_framer]") {
  Connection connection;
  connection.receive({});
  CHECK_FALSE(connection.framer.is_plain());
  connection.release();
  connection.receive(frame(0, 64));
  CHECK(connection.stamped == 1);
}

TEST_CASE("stream: any bytes come back in number and order", "[unit][stream_framer]") {
  // Frames with bits flipped anywhere: whatever the framer makes of them, only type, stamp and
  // checksum of a frame may change, never how many bytes there are.
  for (std::uint64_t seed = 0; seed < 2000; ++seed) {
    CAPTURE(seed);
    SplitMix64 random{seed};
    Bytes sent;
    for (std::uint64_t i = 0; i < 8; ++i) {
      append(sent, frame(i, static_cast<std::uint32_t>(56 + random.next() % 40)));
    }
    for (std::uint64_t flips = random.next() % 4; flips != 0; --flips) {
      sent[random.next() % sent.size()] ^= static_cast<std::byte>(1U << (random.next() % 8));
    }
    Connection whole;
    whole.receive(sent);
    whole.release();
    Connection pieces;
    std::span<const std::byte> left{sent};
    std::size_t size = 32;
    while (!left.empty()) {
      size = std::min(size, left.size());
      pieces.receive(left.first(size));
      left = left.subspan(size);
      size = 1 + random.next() % 70;
    }
    pieces.release();
    REQUIRE(whole.echoed.size() == sent.size());
    REQUIRE(pieces.echoed == whole.echoed);
    REQUIRE(pieces.framing_lost == whole.framing_lost);
  }
}
