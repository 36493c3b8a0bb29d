#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <numeric>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "core/base/clock.hpp"
#include "core/base/error.hpp"
#include "core/probe/prober.hpp"
#include "tests/support/catch.hpp"

using namespace netecho;

namespace {

/// Both ends of a connected stream: `port` on one, plain calls on the other.
struct Pair {
  explicit Pair(std::size_t message_bytes) {
    std::array<int, 2> ends{};
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()) == 0);
    peer = UniqueFd{ends[1]};
    port = make_stream_port(ByteChannel{UniqueFd{ends[0]}}, message_bytes);
  }
  void peer_sends(std::string_view bytes) const {
    REQUIRE(::write(peer.get(), bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));
  }
  [[nodiscard]] std::vector<std::byte> peer_reads() const {
    std::vector<std::byte> all;
    std::array<std::byte, 65'536> piece{};
    for (ssize_t got = 0; (got = ::read(peer.get(), piece.data(), piece.size())) > 0;) {
      all.insert(all.end(), piece.begin(), piece.begin() + got);
    }
    return all;
  }

  UniqueFd peer;
  std::unique_ptr<MessagePort> port;
};

std::string text(const Slot& slot) {
  return {reinterpret_cast<const char*>(slot.data), slot.size};
}

std::vector<std::byte> pattern(std::size_t size, unsigned first) {
  std::vector<std::byte> bytes(size);
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::byte>((i * 7 + first) & 0xFF);
  return bytes;
}

void put(Batch& batch, std::vector<std::byte>& message) {
  batch.slots()[0] = {};
  batch.slots()[0].data = message.data();
  batch.slots()[0].size = static_cast<std::uint32_t>(message.size());
  batch.count = 1;
  batch.next = 0;
}

}  // namespace

TEST_CASE("stream port: what one read completes is one batch with one time", "[unit]") {
  const Pair pair{4};
  Batch batch{8, 4};
  pair.peer_sends("onetwotreefo");
  const Instant before = monotonic_now();
  const BatchResult result = pair.port->receive(batch);
  REQUIRE(result.status == IoStatus::ok);
  REQUIRE(result.messages == 3);
  CHECK(text(batch.slots()[0]) == "onet");
  CHECK(text(batch.slots()[2]) == "eefo");
  CHECK(batch.slots()[0].at >= before);
  CHECK(batch.slots()[0].at == batch.slots()[2].at);
  CHECK(pair.port->receive(batch).status == IoStatus::would_block);
}

TEST_CASE("stream port: a message in pieces is whole once its last byte is there", "[unit]") {
  const Pair pair{4};
  Batch batch{8, 4};
  pair.peer_sends("ab");
  CHECK(pair.port->receive(batch).status == IoStatus::would_block);
  pair.peer_sends("cdef");
  const Instant before = monotonic_now();
  REQUIRE(pair.port->receive(batch).messages == 1);
  CHECK(text(batch.slots()[0]) == "abcd");
  CHECK(batch.slots()[0].at >= before);
  pair.peer_sends("gh");
  REQUIRE(pair.port->receive(batch).messages == 1);
  CHECK(text(batch.slots()[0]) == "efgh");
}

TEST_CASE("stream port: what a batch cannot take stays in the socket, where it is seen", "[unit]") {
  const Pair pair{2};
  Batch batch{2, 2};
  pair.peer_sends("aabbcc");
  REQUIRE(pair.port->receive(batch).messages == 2);
  pollfd readable{pair.port->fd(), POLLIN, 0};
  CHECK(::poll(&readable, 1, 0) == 1);
  REQUIRE(pair.port->receive(batch).messages == 1);
  CHECK(text(batch.slots()[0]) == "cc");
  CHECK(::poll(&readable, 1, 0) == 0);
}

TEST_CASE("stream port: the end of the stream is told after the last message", "[unit]") {
  Pair pair{2};
  Batch batch{8, 2};
  pair.peer_sends("aab");
  pair.peer.reset();
  REQUIRE(pair.port->receive(batch).messages == 1);
  CHECK(pair.port->receive(batch).status == IoStatus::closed);
  std::vector<std::byte> message = pattern(2, 0);
  put(batch, message);
  const BatchResult sent = pair.port->send(batch);
  CHECK(sent.status == IoStatus::failed);
  CHECK(sent.error == EPIPE);
  CHECK(batch.next == 0);
}

TEST_CASE("stream port: only TCP has stamps of the kernel", "[unit]") {
  const Pair pair{4};
  CHECK(pair.port->features().timestamping == nullptr);
  UniqueFd tcp{::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
  REQUIRE(tcp.valid());
  const auto port = make_stream_port(ByteChannel{std::move(tcp)}, 4);
  CHECK(port->features().timestamping != nullptr);
}

TEST_CASE("stream port: a rest that is no whole message is told of", "[unit]") {
  const Pair pair{4};
  Reassembly* const reassembly = pair.port->features().reassembly;
  REQUIRE(reassembly != nullptr);
  Batch batch{8, 4};
  pair.peer_sends("wholeme");
  REQUIRE(pair.port->receive(batch).messages == 1);
  const std::span<const std::byte> rest = reassembly->unfinished();
  CHECK(std::string{reinterpret_cast<const char*>(rest.data()), rest.size()} == "eme");
}

TEST_CASE("stream port: what a full socket did not take goes out before anything else", "[unit]") {
  const std::size_t size = std::size_t{4} << 20;
  const Pair pair{size};
  Batch batch{1, 1};
  std::vector<std::byte> first = pattern(size, 1);
  std::vector<std::byte> second = pattern(size, 2);
  const Instant before = monotonic_now();
  put(batch, first);
  REQUIRE(pair.port->send(batch).messages == 1);
  CHECK(batch.slots()[0].at >= before);
  REQUIRE(pair.port->wants_write());

  put(batch, second);
  CHECK(pair.port->send(batch).status == IoStatus::would_block);
  CHECK(batch.next == 0);
  const std::vector<std::byte> expected = first;
  std::fill(first.begin(), first.end(), std::byte{});  // The port keeps its own copy.

  std::vector<std::byte> arrived;
  const bool by_receiving = GENERATE(true, false);
  Batch none{1, 1};
  for (int round = 0; round < 1'000 && arrived.size() < size; ++round) {
    const std::vector<std::byte> piece = pair.peer_reads();
    arrived.insert(arrived.end(), piece.begin(), piece.end());
    none.count = none.next = 0;
    const BatchResult result = by_receiving ? pair.port->receive(none) : pair.port->send(none);
    REQUIRE(result.status != IoStatus::failed);
  }
  CHECK(arrived == expected);
  CHECK_FALSE(pair.port->wants_write());
  CHECK(pair.port->send(batch).messages == 1);
}

TEST_CASE("stream port: messages without bytes cannot be told apart in a stream", "[unit]") {
  CHECK_THROWS_AS(make_stream_port(ByteChannel{UniqueFd{}}, 0), Error);
}
