#include "core/serve/server.hpp"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>

#include "core/codec/frame.hpp"
#include "core/net/socket_address.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/running_server.hpp"

using namespace netecho;
using namespace netecho::testing;
using namespace std::chrono_literals;

namespace {

void send_all(int fd, const std::string& bytes) {
  for (std::size_t sent = 0; sent < bytes.size();) {
    const ssize_t taken = ::send(fd, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    REQUIRE(taken > 0);
    sent += static_cast<std::size_t>(taken);
  }
}

std::string receive_some(int fd) {
  std::string bytes(70'000, '\0');
  const ssize_t taken = ::recv(fd, bytes.data(), bytes.size(), 0);
  REQUIRE(taken >= 0);
  bytes.resize(static_cast<std::size_t>(taken));
  return bytes;
}

/// A request with a stamp block, and a payload of `payload` bytes.
std::string request_frame(std::uint64_t session, std::uint64_t sequence, std::size_t payload) {
  std::vector<std::byte> frame(kFrameStampedHeaderBytes + payload, std::byte{'p'});
  FrameHeader header;
  header.length = static_cast<std::uint32_t>(frame.size());
  header.session = session;
  header.sequence = Sequence{sequence};
  header.stamp = FrameStamp{};
  encode_frame(header, frame);
  return {reinterpret_cast<const char*>(frame.data()), frame.size()};
}

FrameHeader decode(const std::string& bytes) {
  FrameHeader header;
  REQUIRE(decode_frame(std::as_bytes(std::span{bytes}), header) == DecodeStatus::ok);
  return header;
}

/// Fills a connection that nobody reads until the server takes no more; returns what it took.
std::size_t fill(int fd) {
  ::fcntl(fd, F_SETFL, O_NONBLOCK);
  const std::string chunk(65'536, 'x');
  std::size_t total = 0;
  while (true) {
    const ssize_t taken = ::send(fd, chunk.data(), chunk.size(), MSG_NOSIGNAL);
    if (taken > 0) {
      total += static_cast<std::size_t>(taken);
      continue;
    }
    REQUIRE(errno == EAGAIN);
    pollfd writable{fd, POLLOUT, 0};
    if (::poll(&writable, 1, 300) == 0) break;
  }
  ::fcntl(fd, F_SETFL, 0);
  return total;
}

}  // namespace

TEST_CASE("server: echoes a stream byte for byte, larger than every buffer", "[loopback]") {
  const std::string uri = GENERATE("tcp://127.0.0.1:0", "unix:@");
  RunningServer server{uri == "unix:@" ? "unix:@netecho-test-" + std::to_string(::getpid()) : uri};
  const UniqueFd client = server.connect();
  const std::string bytes = pattern(8'000'000);
  CHECK(round_trip(client.get(), bytes) == bytes);
}

TEST_CASE("server: a half-closed client gets the rest, then the end", "[loopback]") {
  RunningServer server{"tcp://127.0.0.1:0"};
  const UniqueFd client = server.connect();
  send_all(client.get(), pattern(100'000));
  ::shutdown(client.get(), SHUT_WR);
  CHECK(read_to_end(client.get()) == pattern(100'000));
}

TEST_CASE("server: a client that does not read is not read either", "[loopback]") {
  RunningServer server{"tcp://127.0.0.1:0"};
  const UniqueFd greedy = server.connect();
  const std::size_t taken = fill(greedy.get());
  const UniqueFd other = server.connect();
  CHECK(round_trip(other.get(), pattern(100'000)) == pattern(100'000));
  // Once it reads, it gets all of it.
  ::shutdown(greedy.get(), SHUT_WR);
  CHECK(read_to_end(greedy.get()).size() == taken);
}

TEST_CASE("server: draining flushes what it has read, without a reset", "[loopback]") {
  RunningServer server{"tcp://127.0.0.1:0"};
  const UniqueFd client = server.connect();
  const std::size_t taken = fill(client.get());
  std::string back;
  std::thread reader{[&] { back = read_to_end(client.get()); }};
  const ServerOutcome outcome = server.drain();
  reader.join();
  CHECK(outcome.reason == StopReason::signal);
  CHECK(back != "RST");
  CHECK(back.size() <= taken);
  CHECK(back.size() == outcome.stats.endpoints.at(0).rx_bytes_total);
  CHECK(back.size() == outcome.stats.endpoints.at(0).tx_bytes_total);
}

TEST_CASE("server: an idle connection does not delay the end", "[loopback]") {
  RunningServer server{"tcp://127.0.0.1:0"};
  const UniqueFd client = server.connect();
  CHECK(round_trip(client.get(), "hello") == "hello");
  const Instant before = monotonic_now();
  server.drain();
  CHECK(monotonic_now() - before < 2s);  // The drain time-out is 5 s.
  CHECK(read_to_end(client.get()).empty());
}

TEST_CASE("server: stops after the given number of connections", "[loopback]") {
  RunningServer server{"tcp://127.0.0.1:0", {.max_accepts = 2}};
  for (int i = 0; i < 2; ++i) {
    const UniqueFd client = server.connect();
    CHECK(round_trip(client.get(), "hi") == "hi");
  }
  CHECK(server.wait().reason == StopReason::max_accepts);
}

TEST_CASE("server: stops after the given number of datagrams", "[loopback]") {
  RunningServer server{"udp://127.0.0.1:0", {.max_accepts = 1}};
  const UniqueFd client = server.connect();
  CHECK(round_trip(client.get(), "hi") == "hi");
  const ServerOutcome outcome = server.wait();
  CHECK(outcome.reason == StopReason::max_accepts);
  CHECK(outcome.stats.endpoints.at(0).tx_messages_total == 1U);
}

TEST_CASE("server: a connection beyond the limit waits in the backlog", "[loopback]") {
  RunningServer server{"tcp://127.0.0.1:0", {.max_connections = 1}};
  UniqueFd first = server.connect();
  CHECK(round_trip(first.get(), "1") == "1");
  const UniqueFd second = server.connect();
  send_all(second.get(), "2");
  pollfd readable{second.get(), POLLIN, 0};
  CHECK(::poll(&readable, 1, 200) == 0);
  first.reset();
  CHECK(receive_some(second.get()) == "2");
}

TEST_CASE("server: closes a silent connection, and only that", "[loopback]") {
  RunningServer server{"tcp://127.0.0.1:0",
                       {.idle_timeout = 150ms, .trace = TraceLevel::connections}};
  const UniqueFd silent = server.connect();
  CHECK(read_to_end(silent.get()).empty());
  const auto closed = server.events().of<CloseEvent>();
  REQUIRE(closed.size() == 1);
  CHECK(closed[0].reason == CloseReason::idle);
  CHECK(closed[0].duration >= 150ms);
}

TEST_CASE(
    "server: a peer that takes nothing is cut off in its time, before one that is silent for "
    "longer",
    "[loopback]") {
  RunningServer server{
      "tcp://127.0.0.1:0",
      {.idle_timeout = 1500ms, .stall_timeout = 1s, .trace = TraceLevel::connections}};
  const UniqueFd deaf = server.connect();
  static_cast<void>(fill(deaf.get()));
  const UniqueFd silent = server.connect();
  CHECK(read_to_end(silent.get()).empty());
  const auto closed = server.events().of<CloseEvent>();
  REQUIRE(closed.size() == 2);
  CHECK(closed[0].reason == CloseReason::stalled);
  CHECK(closed[0].duration >= 1s);
  CHECK(closed[1].reason == CloseReason::idle);
}

TEST_CASE("server: a silent connection is closed in its time, before one that stalled after it",
          "[loopback]") {
  RunningServer server{"tcp://127.0.0.1:0", {.idle_timeout = 1s, .trace = TraceLevel::connections}};
  const UniqueFd silent = server.connect();
  CHECK(round_trip(silent.get(), "hi") == "hi");
  const UniqueFd deaf = server.connect();
  static_cast<void>(fill(deaf.get()));
  CHECK(read_to_end(silent.get()).empty());
  pollfd reset{deaf.get(), 0, 0};
  REQUIRE(::poll(&reset, 1, 10'000) == 1);
  const auto closed = server.events().of<CloseEvent>();
  REQUIRE(closed.size() == 2);
  CHECK(closed[0].reason == CloseReason::idle);
  CHECK(closed[1].reason == CloseReason::stalled);
}

TEST_CASE("server: what a peer takes in the end counts no longer towards what all may hold",
          "[loopback]") {
  // What is read at once, 256 KiB, and little more: several stalls hold more than that.
  RunningServer server{"tcp://127.0.0.1:0", {.max_buffered = 300'000}};
  const UniqueFd client = server.connect();
  for (int stalls = 0; stalls < 6; ++stalls) {
    std::size_t left = fill(client.get());
    while (left > 0) {
      const std::size_t got = receive_some(client.get()).size();
      REQUIRE(got > 0);
      left -= got;
    }
  }
  CHECK(round_trip(client.get(), "still here") == "still here");
}

TEST_CASE("server: every datagram comes back whole", "[loopback]") {
  const std::string uri =
      GENERATE("udp://127.0.0.1:0", "udp://[::1]:0", "unixgram:@", "unixpacket:@");
  const std::string name = "netecho-test-" + std::to_string(::getpid());
  RunningServer server{uri.back() == '@' ? uri + name : uri};
  const UniqueFd client = server.connect();
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{1472},
                                 std::size_t{2049}, std::size_t{8193}, std::size_t{65'507}}) {
    if (uri == "udp://[::1]:0" && size > 65'487) continue;
    CAPTURE(uri, size);
    const std::string message = pattern(size);
    REQUIRE(::send(client.get(), message.data(), size, 0) == static_cast<ssize_t>(size));
    CHECK(receive_some(client.get()) == message);
  }
}

TEST_CASE("server: stamps a request, and leaves it alone when plain", "[loopback]") {
  const std::string uri = GENERATE("udp://127.0.0.1:0", "tcp://127.0.0.1:0");
  const std::string frame = request_frame(7, 0, 100);
  SECTION("stamping") {
    RunningServer server{uri};
    const UniqueFd client = server.connect();
    const FrameHeader reply = decode(round_trip(client.get(), frame));
    CHECK(reply.type == FrameType::reply);
    REQUIRE(reply.stamp);
    CHECK(reply.stamp->count == 1);
    CHECK(reply.stamp->received_unix_ns > 1'600'000'000'000'000'000U);
    CHECK(reply.stamp->sent_unix_ns >= reply.stamp->received_unix_ns);
    CHECK(server.drain().stats.endpoints.at(0).frames_stamped_total == 1);
  }
  SECTION("plain") {
    RunningServer server{uri, {.plain = true}};
    const UniqueFd client = server.connect();
    CHECK(round_trip(client.get(), frame) == frame);
  }
}

TEST_CASE("server: a reply datagram is never answered, but counted", "[loopback]") {
  RunningServer server{"udp://127.0.0.1:0"};
  const UniqueFd client = server.connect();
  const std::string reply = round_trip(client.get(), request_frame(7, 0, 0));
  send_all(client.get(), reply);
  CHECK(round_trip(client.get(), "next") == "next");
  const EndpointStats stats = server.drain().stats.endpoints.at(0);
  CHECK(stats.dropped_total[static_cast<std::size_t>(DropReason::loop)] == 1);
  CHECK(stats.rx_messages_total == 3U);
  CHECK(stats.tx_messages_total == 2U);
}

TEST_CASE("server: a held header is echoed as it came, at the end or after a second",
          "[loopback]") {
  RunningServer server{"tcp://127.0.0.1:0"};
  const UniqueFd client = server.connect();
  const std::string frame = request_frame(7, 0, 0);
  const std::string part = request_frame(7, 1, 0).substr(0, 20);
  send_all(client.get(), frame + part);
  std::string back;
  while (back.size() < frame.size()) back += receive_some(client.get());
  CHECK(back.size() == frame.size());
  SECTION("at the end") {
    ::shutdown(client.get(), SHUT_WR);
    CHECK(read_to_end(client.get()) == part);
  }
  SECTION("after a second") {
    const Instant before = monotonic_now();
    CHECK(receive_some(client.get()) == part);
    CHECK(monotonic_now() - before > 900ms);
  }
}

TEST_CASE("server: bytes that trickle in do not prolong the second that a header is held",
          "[loopback]") {
  RunningServer server{"tcp://127.0.0.1:0"};
  const UniqueFd client = server.connect();
  const std::string frame = request_frame(7, 0, 0);
  const std::string next = request_frame(7, 1, 0);
  std::size_t sent = 20;
  send_all(client.get(), frame + next.substr(0, sent));
  for (std::size_t back = 0; back < frame.size();) back += receive_some(client.get()).size();
  pollfd readable{client.get(), POLLIN, 0};
  while (::poll(&readable, 1, 100) == 0 && sent < next.size()) {
    send_all(client.get(), next.substr(sent++, 1));
  }
  const std::string released = receive_some(client.get());
  CHECK(released == next.substr(0, released.size()));
}

TEST_CASE("server: urgent data stays in line", "[loopback]") {
  RunningServer server{"tcp://127.0.0.1:0"};
  const UniqueFd client = server.connect();
  send_all(client.get(), "ab");
  REQUIRE(::send(client.get(), "!", 1, MSG_OOB) == 1);
  send_all(client.get(), "cd");
  ::shutdown(client.get(), SHUT_WR);
  CHECK(read_to_end(client.get()) == "ab!cd");
}

TEST_CASE("server: a datagram without a return address is counted", "[loopback]") {
  RunningServer server{"unixgram:@netecho-test-unnamed-" + std::to_string(::getpid())};
  const SocketAddress to = SocketAddress::from_abstract(*server.endpoint().path);
  const UniqueFd unnamed{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
  REQUIRE(::sendto(unnamed.get(), "x", 1, 0, to.data(), to.size()) == 1);
  const UniqueFd named = server.connect();
  CHECK(round_trip(named.get(), "y") == "y");
  const EndpointStats stats = server.drain().stats.endpoints.at(0);
  CHECK(stats.dropped_total[static_cast<std::size_t>(DropReason::no_return_address)] == 1);
  CHECK(stats.rx_messages_total == 2U);
}

TEST_CASE("server: a full peer queue drops, counts, and never spins", "[loopback]") {
  RunningServer server{"unixgram:@netecho-test-full-" + std::to_string(::getpid())};
  // Not connected: the kernel bounds the queue only of sockets whose peer is not the sender.
  const SocketAddress to = SocketAddress::from_abstract(*server.endpoint().path);
  const UniqueFd deaf{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
  const sockaddr autobind{AF_UNIX, {}};
  REQUIRE(::bind(deaf.get(), &autobind, sizeof(sa_family_t)) == 0);
  for (int i = 0; i < 200; ++i) {
    REQUIRE(::sendto(deaf.get(), "x", 1, 0, to.data(), to.size()) == 1);
  }
  const UniqueFd other = server.connect();
  CHECK(round_trip(other.get(), "y") == "y");
  const EndpointStats stats = server.drain().stats.endpoints.at(0);
  const std::uint64_t dropped =
      stats.dropped_total[static_cast<std::size_t>(DropReason::peer_queue_full)];
  CHECK(dropped > 0);
  CHECK(stats.rx_messages_total == 201U);
  CHECK(*stats.tx_messages_total + dropped == 201U);
}
