#include "core/codec/stamp.hpp"

#include "core/codec/auth.hpp"
#include "tests/core/codec/hand_clock.hpp"
#include "tests/core/codec/vectors.hpp"
#include "tests/support/catch.hpp"

using namespace netecho;
using namespace netecho::test;
using namespace std::chrono_literals;

namespace {

constexpr std::uint64_t kWallAtStart = 1'700'000'000'000'000'000;

struct Server {
  SessionTable sessions{1};
  HandClock clock{Instant{5s}, WallTime{Duration{kWallAtStart}}};
  StampSource source{sessions, clock};
};

Bytes request(std::uint64_t sequence, std::uint32_t length = 64) {
  FrameHeader header{.length = length, .session = 7, .sequence = {}, .stamp = FrameStamp{}};
  header.sequence = Sequence{sequence};
  Bytes frame(length);
  encode_frame(header, frame);
  return frame;
}

FrameHeader decoded(const Bytes& frame) {
  FrameHeader header;
  REQUIRE(decode_frame(frame, header) == DecodeStatus::ok);
  return header;
}

}  // namespace

TEST_CASE("stamp: a request becomes a reply with times and count", "[unit][stamp]") {
  Server server;
  Bytes message = request(3);
  server.source.begin(server.clock.now());
  server.clock.advance(250us);
  REQUIRE(stamp_message(message, server.source));
  const FrameHeader reply = decoded(message);
  CHECK(reply.type == FrameType::reply);
  CHECK(reply.session == 7);
  CHECK(reply.sequence == Sequence{3});
  CHECK(reply.stamp == FrameStamp{kWallAtStart, kWallAtStart + 250'000, 1});
}

TEST_CASE("stamp: sent is received and the monotonic time since, though the wall clock is set",
          "[unit][stamp]") {
  Server server;
  server.source.begin(server.clock.now());
  Bytes first = request(0);
  REQUIRE(stamp_message(first, server.source));
  server.clock.set_wall(WallTime{1s});
  server.clock.advance(3us);
  Bytes last;
  for (std::uint64_t sequence = 1; sequence <= 16; ++sequence) {
    last = request(sequence);
    REQUIRE(stamp_message(last, server.source));
  }
  CHECK(decoded(last).stamp == FrameStamp{kWallAtStart, kWallAtStart + 3'000, 17});
}

TEST_CASE("stamp: every batch has its own receive time", "[unit][stamp]") {
  Server server;
  server.source.begin(server.clock.now());
  Bytes first = request(0);
  REQUIRE(stamp_message(first, server.source));
  server.clock.advance(1ms);
  server.source.begin(server.clock.now());
  server.clock.advance(1us);
  Bytes second = request(1);
  REQUIRE(stamp_message(second, server.source));
  CHECK(decoded(second).stamp == FrameStamp{kWallAtStart + 1'000'000, kWallAtStart + 1'001'000, 2});
}

TEST_CASE("stamp: no clock is read without a frame to stamp, and few for many of one batch",
          "[unit][stamp]") {
  Server server;
  server.source.begin(server.clock.monotonic);
  Bytes text = vector_named("message", "plain-text").bytes("bytes");
  CHECK_FALSE(stamp_message(text, server.source));
  CHECK(server.clock.readings == 0);
  for (std::uint64_t sequence = 0; sequence < 64; ++sequence) {
    server.source.begin(server.clock.monotonic);
    Bytes message = request(sequence);
    REQUIRE(stamp_message(message, server.source));
  }
  CHECK(server.clock.readings <= 5);
}

TEST_CASE("stamp: what is not a request for a stamp is returned unchanged", "[unit][stamp]") {
  Server server;
  server.source.begin(server.clock.now());
  for (const char* kind : {"message", "frame"}) {
    for (const Vector& vector : vectors(kind)) {
      const bool wants = vector.fields.count("type") != 0 && vector.number("type") == 1 &&
                         vector.number("stamp") == 1 && vector.number("auth") == 0;
      const bool corrupt_request =
          vector.fields.count("status") != 0 && vector.text("status") == "bad_checksum";
      if (wants || corrupt_request) continue;
      CAPTURE(vector.name);
      const Bytes before = vector.bytes("bytes");
      Bytes message = before;
      CHECK_FALSE(stamp_message(message, server.source));
      CHECK(message == before);
    }
  }
}

TEST_CASE("stamp: a corrupt request stays corrupt, and its session does not enter",
          "[unit][stamp]") {
  Server server;
  server.source.begin(server.clock.now());
  Bytes message = request(0);
  message.back() ^= std::byte{1};
  REQUIRE(stamp_message(message, server.source));
  FrameHeader header;
  CHECK(decode_frame(message, header) == DecodeStatus::bad_checksum);
  message.back() ^= std::byte{1};  // The only thing wrong with it.
  CHECK(decoded(message).stamp == FrameStamp{kWallAtStart, kWallAtStart, 0});
}

TEST_CASE("stamp: a flipped bit of the sequence does not spoil the count", "[unit][stamp]") {
  Server server;
  server.source.begin(server.clock.now());
  Bytes first = request(0);
  REQUIRE(stamp_message(first, server.source));
  Bytes corrupt = request(1);
  corrupt[28] ^= std::byte{1};
  REQUIRE(stamp_message(corrupt, server.source));
  Bytes second = request(2);
  REQUIRE(stamp_message(second, server.source));
  CHECK(decoded(second).stamp->count == 2);
}

TEST_CASE("stamp: a message claims authentication if it is a whole frame with a tag",
          "[unit][stamp]") {
  Bytes message = vector_named("message", "authenticated").bytes("bytes");
  CHECK(claims_authentication(message));
  CHECK_FALSE(claims_authentication(std::span{message}.first(message.size() - 1)));
  message.push_back(std::byte{0});
  CHECK_FALSE(claims_authentication(message));
  CHECK_FALSE(claims_authentication(vector_named("frame", "request-64").bytes("bytes")));
  CHECK_FALSE(claims_authentication(vector_named("message", "plain-text").bytes("bytes")));
  CHECK_FALSE(claims_authentication({}));
}

TEST_CASE("stamp: only a valid frame of type 2 is a reply", "[unit][stamp]") {
  for (const char* name : {"reply-64", "reply-unstamped", "all-bits"}) {
    CAPTURE(name);
    Bytes reply = vector_named("frame", name).bytes("bytes");
    CHECK(is_reply_frame(reply));
    CHECK_FALSE(is_reply_frame(std::span{reply}.first(reply.size() - 1)));
    reply.back() ^= std::byte{1};
    CHECK_FALSE(is_reply_frame(reply));
    reply.back() ^= std::byte{1};
    reply.push_back(std::byte{0});
    CHECK_FALSE(is_reply_frame(reply));
  }
  CHECK_FALSE(is_reply_frame(vector_named("frame", "request-64").bytes("bytes")));
  CHECK_FALSE(is_reply_frame({}));
}

TEST_CASE("stamp: of authenticated messages only news goes past admission", "[unit][stamp]") {
  Server server;
  const AuthKey key{Bytes(32, std::byte{'k'})};
  AuthPolicy policy{key, Unauthenticated::echoed, SessionTable{1}};
  server.source.authenticate(policy);
  server.source.begin(server.clock.now());
  bool admits = false;
  int asked = 0;
  const auto treat = [&](Bytes message) {
    return treat_message(message, server.source, [&] { return ++asked, admits; });
  };
  const auto authenticated = [&](std::uint64_t sequence) {
    FrameHeader header{
        .authenticated = true, .length = 72, .session = 7, .sequence = {}, .stamp = FrameStamp{}};
    header.sequence = Sequence{sequence};
    Bytes frame(header.length);
    encode_frame(header, frame);
    key.sign(frame);
    return frame;
  };
  CHECK(treat(authenticated(0)) == Treatment::over_rate);  // A session that isn't known.
  CHECK(treat(authenticated(0)) == Treatment::over_rate);  // Nor did that make it known.
  admits = true;
  CHECK(treat(authenticated(0)) == Treatment::stamped);
  admits = false;
  CHECK(treat(authenticated(0)) == Treatment::over_rate);  // Somebody has captured it.
  CHECK(treat(request(1)) == Treatment::over_rate);
  CHECK(asked == 5);
  CHECK(treat(authenticated(1)) == Treatment::stamped);
  Bytes forged = authenticated(2);
  forged.back() ^= std::byte{1};
  CHECK(treat(forged) == Treatment::refused);
  CHECK(asked == 5);  // Neither was asked of: no stranger drains what the others have.
}
