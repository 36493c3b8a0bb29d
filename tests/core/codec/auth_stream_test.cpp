// Streams on a server with a key: an authenticated frame is held whole, and nothing of it is echoed
// before its tag is verified.

#include <algorithm>
#include <array>
#include <string>

#include "core/base/random.hpp"
#include "core/codec/stream_framer.hpp"
#include "tests/core/codec/keyed_server.hpp"
#include "tests/support/catch.hpp"

using namespace netecho;
using namespace netecho::test;

namespace {

#ifdef NETECHO_INSTRUMENTED
constexpr std::uint64_t kSeeds = 15;  // A build that is ten times slower tries fewer.
#else
constexpr std::uint64_t kSeeds = 60;
#endif

enum class Receiving : std::uint8_t { into_buffer, into_gap };

/// A connection as a server has it.
struct Connection {
  explicit Connection(Unauthenticated others = Unauthenticated::echoed,
                      Receiving how = Receiving::into_gap)
      : server{others}, receiving{how} {}

  KeyedServer server;
  Receiving receiving;
  StreamFramer framer;
  Bytes echoed;
  std::uint32_t stamped = 0;
  int framing_lost = 0;
  bool refused = false;

  void receive(std::span<const std::byte> bytes) {
    while (!bytes.empty() && !refused) {
      const auto gap = framer.gap();
      if (receiving == Receiving::into_buffer || gap.empty()) {
        feed(bytes);
        return;
      }
      const std::size_t taken = std::min(bytes.size(), gap.size());
      std::copy_n(bytes.begin(), taken, gap.begin());
      framer.filled(taken);
      bytes = bytes.subspan(taken);
      if (framer.gap().empty()) feed({});
    }
  }

  void feed(std::span<const std::byte> bytes) {
    Bytes buffer(framer.prefix().begin(), framer.prefix().end());
    buffer.insert(buffer.end(), bytes.begin(), bytes.end());
    const FeedResult result = framer.feed(buffer, server.source);
    REQUIRE(result.ready_bytes <= buffer.size());
    echoed.insert(echoed.end(), buffer.begin(),
                  buffer.begin() + static_cast<std::ptrdiff_t>(result.ready_bytes));
    stamped += result.frames_stamped;
    framing_lost += result.framing_lost ? 1 : 0;
    refused = result.end == FeedEnd::refused;
    if (!refused) REQUIRE(buffer.size() - result.ready_bytes == framer.prefix().size());
    std::ranges::fill(buffer, std::byte{0xDD});  // It is another connection's now.
  }
};

/// Authenticated frames of many sizes, others between them if `mixed`; and what comes back.
struct Conversation {
  explicit Conversation(bool mixed) {
    const KeyedServer server;  // For its key.
    std::uint64_t sequence = 0;
    std::uint64_t others = 0;
    for (const std::uint32_t length : {80U, 72U, 65'536U, 73U, 100U, 1472U, 72U, 3000U}) {
      append(sent, request(server.key, sequence, length));
      append(expected, answer(server.key, sequence, length, sequence + 1));
      ++sequence;
      ++requests;
      const Bytes reply = answer(server.key, 1, 90, 1);
      append(sent, reply);
      append(expected, reply);
      if (!mixed) continue;
      append(sent, request(server.key, others, 70, WithStamp::yes, Tagged::no));
      append(expected, answer(server.key, others, 70, others + 1, Tagged::no));
      ++others;
      ++requests;
      const Bytes bare = request(server.key, 1, 40, WithStamp::no, Tagged::no);
      append(sent, bare);
      append(expected, bare);
    }
  }
  Bytes sent;
  Bytes expected;
  std::uint32_t requests = 0;
};

}  // namespace

TEST_CASE("auth: whole frames in one receive come back signed", "[unit][auth][stream_framer]") {
  const bool mixed = GENERATE(true, false);
  const Conversation conversation{mixed};
  Connection connection{mixed ? Unauthenticated::echoed : Unauthenticated::refused};
  connection.receive(conversation.sent);
  CHECK(connection.echoed == conversation.expected);
  CHECK(connection.stamped == conversation.requests);
  CHECK(connection.framer.prefix().empty());
  CHECK_FALSE(connection.refused);
}

TEST_CASE("auth: in random pieces, the same comes back", "[unit][auth][stream_framer]") {
  const bool mixed = GENERATE(true, false);
  const Receiving receiving = GENERATE(Receiving::into_gap, Receiving::into_buffer);
  const Conversation conversation{mixed};
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    CAPTURE(seed);
    SplitMix64 random{seed};
    const std::uint64_t most = 20 + (random.next() % 200) * (random.next() % 50);
    Connection connection{mixed ? Unauthenticated::echoed : Unauthenticated::refused, receiving};
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
    REQUIRE_FALSE(connection.framer.withholds());
  }
}

TEST_CASE("auth: nothing of a frame goes out before its last byte is there",
          "[unit][auth][stream_framer]") {
  for (const std::uint32_t length : {72U, 5000U}) {
    Connection connection;
    const Bytes sent = request(connection.server.key, 0, length);
    connection.receive(std::span{sent}.first(32));
    for (std::size_t at = 32; at < length; ++at) {
      REQUIRE(connection.echoed.empty());
      REQUIRE(connection.framer.withholds());
      connection.receive(std::span{sent}.subspan(at, 1));
    }
    CHECK(connection.echoed == answer(connection.server.key, 0, length, 1));
    CHECK_FALSE(connection.framer.withholds());
    CHECK_FALSE(connection.framer.holds_frame());
  }
}

TEST_CASE("auth: a forged frame ends the connection, and only what was before it is echoed",
          "[unit][auth][stream_framer]") {
  const Unauthenticated others = GENERATE(Unauthenticated::echoed, Unauthenticated::refused);
  const std::size_t piece = GENERATE(1U, 7U, 100'000U);
  Connection connection{others};
  const AuthKey& key = connection.server.key;
  Bytes sent = request(key, 0, 80);
  Bytes forged = request(key, 1, 2000);
  forged[100] ^= std::byte{1};
  write_checksum(forged);
  append(sent, forged);
  append(sent, request(key, 2, 80));
  std::span<const std::byte> left{sent};
  connection.receive(left.first(80));
  for (left = left.subspan(80); !left.empty() && !connection.refused;) {
    const std::size_t size = std::min(piece, left.size());
    connection.receive(left.first(size));
    left = left.subspan(size);
  }
  CHECK(connection.refused);
  CHECK(connection.echoed == answer(key, 0, 80, 1));
}

TEST_CASE("auth: what is held of a frame without its tag is never released",
          "[unit][auth][stream_framer]") {
  for (std::size_t cut = 8; cut < 100; ++cut) {  // From the flags on it says what it is.
    CAPTURE(cut);
    Connection connection;
    const AuthKey& key = connection.server.key;
    connection.receive(request(key, 0, 80));
    const Bytes half = request(key, 1, 100);
    for (std::size_t at = 0; at < cut; ++at) connection.receive(std::span{half}.subspan(at, 1));
    CHECK(connection.framer.withholds());
    CHECK(connection.framer.holds_frame() == (cut >= 12));
    CHECK(connection.framer.release().empty());
    CHECK_FALSE(connection.framer.withholds());
    CHECK(connection.framer.prefix().empty());
    CHECK(connection.echoed.size() == 80);
  }
}

TEST_CASE("auth: a frame that says what it is only after its start was released is refused",
          "[unit][auth][stream_framer]") {
  for (std::size_t cut = 1; cut < 8; ++cut) {
    CAPTURE(cut);
    Connection connection;
    const AuthKey& key = connection.server.key;
    connection.receive(request(key, 0, 80));
    const Bytes late = request(key, 1, 100);
    connection.receive(std::span{late}.first(cut));
    CHECK_FALSE(connection.framer.withholds());
    CHECK(connection.framer.release().size() == cut);
    for (std::size_t at = cut; at < 8; ++at) connection.receive(std::span{late}.subspan(at, 1));
    CHECK(connection.refused);
    CHECK(connection.echoed.size() == 80 + 7 - cut);  // And what was released: magic to flags.
  }
}

TEST_CASE("auth: with --require-key plain connections, other frames and lost framing are refused",
          "[unit][auth][stream_framer]") {
  const KeyedServer server;
  const Bytes good = request(server.key, 0, 80);
  const std::array<Bytes, 7> bad{
      text("x"),
      text("GET / HTTP/1.1\r\nHost: example.org\r\n\r\n"),
      request(server.key, 0, 80, WithStamp::yes, Tagged::no),
      request(server.key, 0, 80, WithStamp::no, Tagged::no),
      vector_named("frame", "reply-64").bytes("bytes"),
      vector_named("frame", "flag-bit-2").bytes("bytes"),
      vector_named("frame", "length-all-bits").bytes("bytes"),
  };
  for (const Bytes& bytes : bad) {
    CAPTURE(bytes.size());
    Connection first{Unauthenticated::refused};
    first.receive(bytes);
    CHECK(first.refused);
    CHECK(first.echoed.empty());

    Connection later{Unauthenticated::refused};
    later.receive(good);
    for (const std::byte& byte : bytes) {
      if (!later.refused) later.receive({&byte, 1});
    }
    CHECK(later.refused);
    CHECK(later.echoed == answer(server.key, 0, 80, 1));
  }
  Connection too_short{Unauthenticated::refused};
  too_short.receive(std::span{good}.first(31));
  CHECK(too_short.refused);
}

TEST_CASE("auth: with --require-key a receive of nothing refuses nothing",
          "[unit][auth][stream_framer]") {
  Connection connection{Unauthenticated::refused};
  connection.feed({});
  CHECK_FALSE(connection.refused);
  connection.receive(request(connection.server.key, 0, 80));
  CHECK(connection.echoed == answer(connection.server.key, 0, 80, 1));
}

TEST_CASE("auth: with --require-key no held byte is ever released", "[unit][auth][stream_framer]") {
  for (std::size_t cut = 1; cut < 12; ++cut) {
    Connection connection{Unauthenticated::refused};
    connection.receive(request(connection.server.key, 0, 80));
    const Bytes next = request(connection.server.key, 1, 80);
    connection.receive(std::span{next}.first(cut));
    CHECK(connection.framer.withholds());
    CHECK(connection.framer.release().empty());
  }
}

TEST_CASE("auth: without --require-key a plain connection stays one, and framing may be lost",
          "[unit][auth][stream_framer]") {
  Connection plain;
  const AuthKey& key = plain.server.key;
  Bytes sent = text("hello");
  plain.receive(sent);
  const Bytes forged = request(AuthKey{Bytes(16, std::byte{1})}, 0, 80);
  plain.receive(forged);
  append(sent, forged);
  CHECK(plain.echoed == sent);  // Bytes, whatever they look like.
  CHECK_FALSE(plain.refused);

  Connection lost;
  lost.receive(request(key, 0, 80));
  lost.receive(text("hello"));
  CHECK(lost.framing_lost == 1);
  CHECK_FALSE(lost.refused);
  CHECK(lost.echoed.size() == 85);
}

TEST_CASE("auth: any damage in a strict stream ends it with nothing but whole replies echoed",
          "[unit][auth][stream_framer]") {
  const KeyedServer server;
  for (std::uint64_t seed = 0; seed < 1000; ++seed) {
    CAPTURE(seed);
    SplitMix64 random{seed};
    Bytes sent;
    Bytes expected;
    for (std::uint64_t i = 0; i < 6; ++i) {
      append(sent, request(server.key, i, static_cast<std::uint32_t>(72 + i)));
    }
    const std::size_t damaged = random.next() % sent.size();
    sent[damaged] ^= static_cast<std::byte>(1U << (random.next() % 8));
    std::size_t end = 0;
    for (std::uint64_t i = 0; end + 72 + i <= damaged; ++i) {
      end += 72 + i;
      append(expected, answer(server.key, i, static_cast<std::uint32_t>(72 + i), i + 1));
    }
    Connection connection{Unauthenticated::refused};
    std::span<const std::byte> left{sent};
    std::size_t size = 32;
    while (!left.empty() && !connection.refused) {
      size = std::min(size, left.size());
      connection.receive(left.first(size));
      left = left.subspan(size);
      size = 1 + random.next() % 150;
    }
    REQUIRE(connection.echoed == expected);
    // A longer length only makes it wait for bytes that do not come.
    REQUIRE((connection.refused || connection.framer.withholds()));
  }
}
