#include <fcntl.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <new>
#include <string>
#include <vector>

#include "core/net/socket_ends.hpp"
#include "core/seam/batch.hpp"
#include "core/seam/byte_channel.hpp"
#include "tests/core/net/sockets.hpp"

namespace netecho {
namespace {

using testing::socket_pair;

std::span<const std::byte> bytes_of(const std::string& text) {
  return std::as_bytes(std::span{text});
}

/// A connected TCP pair: (client, server).
std::pair<UniqueFd, UniqueFd> tcp_pair() {
  const UniqueFd listener = testing::listening(testing::any_port());
  const SocketAddress address = local_address(listener.get());
  UniqueFd client{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  REQUIRE(::connect(client.get(), address.data(), address.size()) == 0);
  UniqueFd server{::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC)};
  REQUIRE(server.valid());
  return {std::move(client), std::move(server)};
}

TEST_CASE("batch: slots do not overlap and begin on a cache line", "[transport][unit]") {
  Batch batch{5, 100};
  REQUIRE(batch.slots().size() == 5);
  CHECK(batch.slot_bytes() == 100);
  for (std::size_t i = 0; i < 5; ++i) {
    CHECK(batch.slots()[i].data == batch.storage(i));
    CHECK(reinterpret_cast<std::uintptr_t>(batch.storage(i)) % 64 == 0);
    std::fill_n(batch.storage(i), 100, static_cast<std::byte>(i + 1));
  }
  for (std::size_t i = 0; i < 5; ++i) {
    const std::span<const std::byte> slot{batch.storage(i), 100};
    CHECK(std::all_of(slot.begin(), slot.end(),
                      [&](std::byte b) { return b == static_cast<std::byte>(i + 1); }));
  }
}

TEST_CASE("batch: only the slots in use are filled", "[transport][unit]") {
  Batch batch{4, 16};
  CHECK(batch.filled().empty());
  batch.count = 3;
  CHECK(batch.filled().size() == 3);
  CHECK(batch.filled().data() == batch.slots().data());
}

TEST_CASE("batch: a large one is cheap until it is touched", "[transport][unit]") {
  // 16 GiB: more than the machine needs to have.
  Batch batch{std::size_t{1} << 18U, 65536};
  *batch.storage(batch.slots().size() - 1) = std::byte{7};
  CHECK(*batch.storage(batch.slots().size() - 1) == std::byte{7});
}

TEST_CASE("batch: sizes beyond the address space are refused", "[transport][unit]") {
  const std::size_t most = std::numeric_limits<std::size_t>::max();
  CHECK_THROWS_AS((Batch{1, most}), std::bad_alloc);
  CHECK_THROWS_AS((Batch{16, most / 8}), std::bad_alloc);
}

TEST_CASE("channel: bytes written at one end are read at the other", "[transport][loopback]") {
  auto [left, right] = socket_pair();
  const ByteChannel a{std::move(left)};
  const ByteChannel b{std::move(right)};
  const IoResult sent = a.write_some(bytes_of("hello"));
  CHECK(sent.status == IoStatus::ok);
  CHECK(sent.bytes == 5);
  std::string got(16, '\0');
  const IoResult received = b.read_some(std::as_writable_bytes(std::span{got}));
  CHECK(received.status == IoStatus::ok);
  CHECK(got.substr(0, received.bytes) == "hello");
}

TEST_CASE("channel: nothing to read, the end of the file and no room are told apart",
          "[transport][loopback]") {
  auto [left, right] = socket_pair();
  const ByteChannel a{std::move(left)};
  const ByteChannel b{std::move(right)};
  std::vector<std::byte> buffer(65536);
  CHECK(b.read_some(buffer).status == IoStatus::would_block);
  CHECK(b.read_some(std::span<std::byte>{}).status == IoStatus::would_block);
  std::size_t taken = 0;
  IoResult result = a.write_some(buffer);
  for (; result.status == IoStatus::ok; result = a.write_some(buffer)) taken += result.bytes;
  CHECK(result.status == IoStatus::would_block);
  a.shutdown_write();
  // Reading into nothing takes nothing, and is not the end.
  CHECK(b.read_some(std::span<std::byte>{}).status == IoStatus::ok);
  std::size_t got = 0;
  result = b.read_some(buffer);
  for (; result.status == IoStatus::ok; result = b.read_some(buffer)) got += result.bytes;
  CHECK(result.status == IoStatus::closed);
  CHECK(got == taken);
}

TEST_CASE("channel: it never waits, even over a blocking socket", "[transport][loopback]") {
  auto [client, server] = tcp_pair();
  REQUIRE((::fcntl(client.get(), F_GETFL) & O_NONBLOCK) == 0);
  const ByteChannel channel{std::move(client)};
  std::vector<std::byte> buffer(1 << 20);
  CHECK(channel.read_some(buffer).status == IoStatus::would_block);
  IoResult result = channel.write_some(buffer);
  while (result.status == IoStatus::ok) result = channel.write_some(buffer);
  CHECK(result.status == IoStatus::would_block);
}

TEST_CASE("channel: a reset and a gone reader are failures with their errno",
          "[transport][loopback]") {
  auto [client, server] = tcp_pair();
  ByteChannel channel{std::move(client)};
  const linger at_once{1, 0};
  REQUIRE(::setsockopt(server.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once) == 0);
  server.reset();
  std::vector<std::byte> buffer(16);
  const IoResult read = channel.read_some(buffer);
  CHECK(read.status == IoStatus::failed);
  CHECK(read.error == ECONNRESET);
  // SIGPIPE would end the test program.
  const IoResult written = channel.write_some(buffer);
  CHECK(written.status == IoStatus::failed);
  CHECK(written.error == EPIPE);
  channel.close();
  CHECK(channel.fd() == -1);
}

TEST_CASE("transport: both ends of a connection are described", "[transport][loopback]") {
  const auto [client, server] = tcp_pair();
  const auto peer = describe_peer(server.get(), testing::kTcp);
  const auto local = describe_local(client.get(), testing::kTcp);
  REQUIRE(peer);
  CHECK(peer == local);
  CHECK(peer->uri == "tcp4://127.0.0.1:" + std::to_string(local_address(client.get()).port()));
  CHECK(peer->socket_type == SocketType::stream);
}

TEST_CASE("transport: a socket has the names of its kind", "[transport][loopback]") {
  const UniqueFd udp = testing::bound_socket(testing::any_port(), SOCK_DGRAM);
  const auto described = describe_local(udp.get(), {"odd", "other", SocketType::datagram});
  REQUIRE(described);
  CHECK(described->uri == "odd4://127.0.0.1:" + std::to_string(local_address(udp.get()).port()));
  CHECK(described->transport == "other");
  CHECK_FALSE(describe_peer(udp.get(), testing::kUdp));
  const UniqueFd records = testing::bound_socket(testing::any_unix_name(), SOCK_SEQPACKET);
  const SocketKind kind{"records", "unix", SocketType::seqpacket};
  CHECK(describe_local(records.get(), kind)->socket_type == SocketType::seqpacket);
  CHECK(describe_local(records.get(), kind)->uri.starts_with("records://@"));
}

TEST_CASE("transport: what has no name has no description", "[transport][loopback]") {
  const auto [left, right] = socket_pair();
  const SocketKind kind{"unix", "unix", SocketType::stream};
  CHECK_FALSE(describe_peer(left.get(), kind));
  CHECK_FALSE(describe_local(left.get(), kind));
  const UniqueFd file{::open("/dev/null", O_RDONLY | O_CLOEXEC)};
  CHECK_FALSE(describe_peer(file.get(), kind));
  CHECK_FALSE(describe_local(file.get(), kind));
}

}  // namespace
}  // namespace netecho
