#include "core/codec/auth.hpp"

#include <algorithm>

#include "core/base/random.hpp"
#include "tests/core/codec/keyed_server.hpp"
#include "tests/support/catch.hpp"

using namespace netecho;
using namespace netecho::test;

namespace {

FrameHeader decoded(const Bytes& frame) {
  FrameHeader header;
  REQUIRE(decode_frame(frame, header) == DecodeStatus::ok);
  return header;
}

std::span<std::byte> tag_of(Bytes& frame) {
  return std::span{frame}.last(kFrameTagBytes);
}

}  // namespace

TEST_CASE("auth: every vector's tag is right under its key, and under no other", "[unit][auth]") {
  for (const Vector& vector : vectors("auth")) {
    CAPTURE(vector.name);
    const Bytes bytes = vector.bytes("key");
    const AuthKey key{bytes};
    for (const char* which : {"request", "reply"}) {
      const Bytes frame = vector.bytes(which);
      CHECK(decoded(frame).authenticated);
      CHECK(key.verify(frame));
      Bytes erased = frame;
      std::ranges::fill(tag_of(erased), std::byte{0});
      std::ranges::fill(std::span{erased}.subspan(kFrameChecksumAt, kFrameChecksumBytes),
                        std::byte{0xFF});
      CHECK_FALSE(key.verify(erased));
      key.sign(erased);
      CHECK(erased == frame);
      Bytes other = bytes;
      other.back() ^= std::byte{1};
      CHECK_FALSE(AuthKey{other}.verify(frame));
      other = bytes;
      other.push_back(std::byte{1});
      CHECK_FALSE(AuthKey{other}.verify(frame));
    }
  }
}

TEST_CASE("auth: a server with the key answers each vector's request with its reply",
          "[unit][auth]") {
  for (const Vector& vector : vectors("auth")) {
    CAPTURE(vector.name);
    KeyedServer server{Unauthenticated::refused, vector.bytes("key")};
    Bytes message = vector.bytes("request");
    const FrameHeader request = decoded(message);
    const Treatment treatment = treat_message(message, server.source);
    CHECK(treatment == (request.stamp ? Treatment::stamped : Treatment::returned));
    FrameHeader reply = decoded(message);
    CHECK(server.key.verify(message));
    // Times and count are the server's own; all else is the vector's.
    const bool entered = request.sequence.value < SessionTable::kEntrySequences;
    if (request.stamp) {
      CHECK(reply.stamp == FrameStamp{kWallAtStart, kWallAtStart, entered ? 1U : 0U});
      reply.stamp =
          FrameStamp{vector.number("received"), vector.number("sent"), vector.number("count")};
      encode_frame(reply, message);
      server.key.sign(message);
    }
    CHECK(message == vector.bytes("reply"));
  }
}

TEST_CASE("auth: every single flipped bit of an authenticated frame is refused", "[unit][auth]") {
  KeyedServer server{Unauthenticated::refused};
  const Bytes good = request(server.key, 0, 80);
  Bytes reply = good;
  REQUIRE(treat_message(reply, server.source) == Treatment::stamped);
  FrameHeader header;
  for (std::size_t bit = 0; bit < 8 * good.size(); ++bit) {
    CAPTURE(bit);
    const auto flip = static_cast<std::byte>(1U << (bit % 8));
    Bytes damaged = good;
    damaged[bit / 8] ^= flip;
    const Bytes before = damaged;
    CHECK(treat_message(damaged, server.source) == Treatment::refused);
    CHECK(damaged == before);
    // Whoever flips it can compute the checksum anew.
    write_checksum(damaged);
    const bool in_checksum = bit / 8 >= kFrameChecksumAt && bit / 8 < kFrameChecksumAt + 4;
    if (!in_checksum) CHECK(treat_message(damaged, server.source) == Treatment::refused);
    Bytes back = reply;
    back[bit / 8] ^= flip;
    CHECK(decode_frame(back, header) != DecodeStatus::ok);
    if (!in_checksum) CHECK_FALSE(server.key.verify(back));
  }
}

TEST_CASE("auth: of a million forged tags none is accepted", "[unit][auth]") {
  const KeyedServer server;
  Bytes frame = request(server.key, 0, 72);
  const Bytes right{tag_of(frame).begin(), tag_of(frame).end()};
  SplitMix64 random{42};
  int accepted = 0;
  for (int i = 0; i < 1'000'000; ++i) {
    for (std::byte& byte : tag_of(frame)) byte = static_cast<std::byte>(random.next());
    accepted += server.key.verify(frame) ? 1 : 0;
  }
  CHECK(accepted == 0);
  std::ranges::copy(right, tag_of(frame).begin());
  CHECK(server.key.verify(frame));
}

TEST_CASE("auth: a request without a stamp block becomes a signed reply", "[unit][auth]") {
  // Were it returned as it came, nobody could tell the server from an echo on the way.
  KeyedServer server;
  for (const std::uint32_t length : {48U, 55U, 71U, 1000U}) {
    CAPTURE(length);
    const Bytes sent = request(server.key, 0, length, WithStamp::no);
    Bytes message = sent;
    CHECK(treat_message(message, server.source) == Treatment::returned);
    FrameHeader expected = decoded(sent);
    expected.type = FrameType::reply;
    CHECK(decoded(message) == expected);
    CHECK(server.key.verify(message));
    CHECK(std::ranges::equal(std::span{message}.subspan(32, length - 48),
                             std::span{sent}.subspan(32, length - 48)));
  }
}

TEST_CASE("auth: a signed reply is returned as it is, a forged one refused", "[unit][auth]") {
  KeyedServer server{Unauthenticated::refused};
  Bytes reply = answer(server.key, 0, 80, 1);
  const Bytes before = reply;
  CHECK(treat_message(reply, server.source) == Treatment::returned);
  CHECK(reply == before);
  tag_of(reply)[3] ^= std::byte{8};
  write_checksum(reply);
  CHECK(treat_message(reply, server.source) == Treatment::refused);
}

TEST_CASE("auth: without --require-key all else is treated as without a key", "[unit][auth]") {
  KeyedServer server;
  Bytes stamped = request(server.key, 0, 64, WithStamp::yes, Tagged::no);
  CHECK(treat_message(stamped, server.source) == Treatment::stamped);
  CHECK(stamped == answer(server.key, 0, 64, 1, Tagged::no));
  for (const Vector& vector : vectors("message")) {
    if (vector.name == "authenticated") continue;
    CAPTURE(vector.name);
    const Bytes before = vector.bytes("bytes");
    Bytes message = before;
    CHECK(treat_message(message, server.source) == Treatment::returned);
    CHECK(message == before);
  }
}

TEST_CASE("auth: with --require-key nothing else is echoed", "[unit][auth]") {
  KeyedServer server{Unauthenticated::refused};
  for (const char* kind : {"message", "frame"}) {
    for (const Vector& vector : vectors(kind)) {
      CAPTURE(vector.name);
      const Bytes before = vector.bytes("bytes");
      Bytes message = before;
      CHECK(treat_message(message, server.source) == Treatment::refused);
      CHECK(message == before);
    }
  }
  Bytes longer = request(server.key, 0, 72);
  longer.push_back(std::byte{0});
  CHECK(treat_message(longer, server.source) == Treatment::refused);
  Bytes cut = request(server.key, 0, 72);
  cut.pop_back();
  CHECK(treat_message(cut, server.source) == Treatment::refused);
}

TEST_CASE("auth: a wrong tag is refused whether a key is required or not", "[unit][auth]") {
  for (const Unauthenticated others : {Unauthenticated::echoed, Unauthenticated::refused}) {
    KeyedServer server{others};
    const AuthKey other{Bytes(32, std::byte{'K'})};
    Bytes message = request(other, 0, 72);
    CHECK(treat_message(message, server.source) == Treatment::refused);
  }
}

TEST_CASE("auth: a frame stripped of its tag comes back as nobody's", "[unit][auth]") {
  // A downgrade on the way to the server: flag off, tag off, checksum right.
  KeyedServer server;
  Bytes stripped = request(server.key, 0, 80);
  FrameHeader header = decoded(stripped);
  header.authenticated = false;
  header.length = 64;
  stripped.resize(64);
  encode_frame(header, stripped);
  CHECK(treat_message(stripped, server.source) == Treatment::stamped);
  CHECK_FALSE(decoded(stripped).authenticated);

  KeyedServer strict{Unauthenticated::refused};
  CHECK(treat_message(stripped, strict.source) == Treatment::refused);
}

TEST_CASE("auth: who lacks the key cannot spoil the counts of who has it", "[unit][auth]") {
  KeyedServer server;
  const auto count = [&](std::uint64_t sequence, Tagged tagged) {
    Bytes message = request(server.key, sequence, 80, WithStamp::yes, tagged);
    REQUIRE(treat_message(message, server.source) == Treatment::stamped);
    return decoded(message).stamp->count;
  };
  CHECK(count(0, Tagged::yes) == 1);
  CHECK(count(900, Tagged::no) == 1);  // The same session: it can be read off the wire.
  CHECK(count(1, Tagged::yes) == 2);
  for (std::uint64_t session = 0; session < 50'000; ++session) {  // Room for 4,096.
    FrameHeader header{.length = 64, .session = session, .sequence = {}, .stamp = FrameStamp{}};
    Bytes message(64);
    encode_frame(header, message);
    REQUIRE(treat_message(message, server.source) == Treatment::stamped);
  }
  CHECK(count(2000, Tagged::yes) == 3);
}
