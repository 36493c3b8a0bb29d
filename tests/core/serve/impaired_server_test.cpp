// serve --impair over real loopback sockets: what is not about chance.

#include <poll.h>
#include <unistd.h>

#include "core/codec/frame.hpp"
#include "core/net/socket_ends.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/running_server.hpp"

using namespace netecho;
using namespace netecho::testing;
using namespace std::chrono_literals;

namespace {

ServerOptions impaired(std::string_view spec, ServerOptions options = {}) {
  options.impairment = parse_impairment(spec).value;
  REQUIRE(options.impairment);
  return options;
}

/// A unix endpoint of this process alone.
std::string own(const std::string& uri) {
  static int number = 0;
  if (uri.back() != '@') return uri;
  return uri + "netecho-impaired-" + std::to_string(::getpid()) + "-" + std::to_string(++number);
}

void send_all(int fd, const std::string& bytes) {
  REQUIRE(::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
          static_cast<ssize_t>(bytes.size()));
}

std::string receive(int fd) {
  std::string bytes(70'000, '\0');
  const ssize_t taken = ::recv(fd, bytes.data(), bytes.size(), 0);
  REQUIRE(taken >= 0);
  bytes.resize(static_cast<std::size_t>(taken));
  return bytes;
}

bool readable(int fd, Duration within) {
  pollfd watched{fd, POLLIN, 0};
  return ::poll(&watched, 1, static_cast<int>(within / 1ms)) == 1;
}

std::string stamped_request() {
  std::vector<std::byte> frame(100);
  FrameHeader header;
  header.length = 100;
  header.session = 7;
  header.stamp = FrameStamp{};
  encode_frame(header, frame);
  return {reinterpret_cast<const char*>(frame.data()), frame.size()};
}

/// Returns the counters of the only endpoint, and checks the identity that always holds.
EndpointStats stats_of(const ServerOutcome& outcome) {
  const EndpointStats stats = outcome.stats.endpoints.at(0);
  REQUIRE(stats.impaired_total);
  std::uint64_t dropped = 0;
  for (const std::uint64_t each : stats.dropped_total) dropped += each;
  const std::uint64_t sent = stats.tx_messages_total.value_or(0);
  CHECK(stats.rx_messages_total.value_or(0) == sent - stats.impaired_total->dup + dropped);
  CHECK(stats.dropped_total[static_cast<std::size_t>(DropReason::impaired)] ==
        stats.impaired_total->loss);
  return stats;
}

constexpr auto kMessageUris = {"udp://127.0.0.1:0", "udp://[::1]:0", "unixgram:@", "unixpacket:@"};

}  // namespace

TEST_CASE("impaired server: a delayed reply takes its time, none of it the server's",
          "[engine][loopback]") {
  const std::string uri = own(
      GENERATE("udp://127.0.0.1:0", "unixgram:@", "unixpacket:@", "tcp://127.0.0.1:0", "unix:@"));
  CAPTURE(uri);
  RunningServer server{uri, impaired("delay=50ms")};
  const UniqueFd client = server.connect();
  const Instant before = monotonic_now();
  const std::string reply = round_trip(client.get(), stamped_request());
  CHECK(monotonic_now() - before >= 50ms);
  FrameHeader header;
  REQUIRE(decode_frame(std::as_bytes(std::span{reply}), header) == DecodeStatus::ok);
  REQUIRE(header.stamp);
  CHECK(header.stamp->sent_unix_ns - header.stamp->received_unix_ns < 45'000'000);
  CHECK(stats_of(server.drain()).impaired_total == ImpairedTotals{.delayed = 1});
}

TEST_CASE("impaired server: each client gets its own late replies", "[engine][loopback]") {
  for (const std::string uri : kMessageUris) {
    CAPTURE(uri);
    RunningServer server{own(uri), impaired("delay=20ms,jitter=10ms")};
    std::vector<UniqueFd> clients;
    for (int i = 0; i < 5; ++i) clients.push_back(server.connect());
    for (int round = 0; round < 4; ++round) {
      for (std::size_t i = 0; i < clients.size(); ++i) {
        send_all(clients[i].get(), std::to_string(i) + "/" + std::to_string(round));
      }
    }
    for (std::size_t i = 0; i < clients.size(); ++i) {
      for (int round = 0; round < 4; ++round) {
        CHECK(receive(clients[i].get()) == std::to_string(i) + "/" + std::to_string(round));
      }
    }
    CHECK(stats_of(server.drain()).impaired_total == ImpairedTotals{.delayed = 20});
  }
}

TEST_CASE("impaired server: a duplicate is a second whole reply", "[engine][loopback]") {
  for (const std::string uri : kMessageUris) {
    CAPTURE(uri);
    RunningServer server{own(uri), impaired("dup=100%")};
    const UniqueFd client = server.connect();
    for (const std::string& message : {std::string("hello"), std::string(), pattern(9000)}) {
      send_all(client.get(), message);
      CHECK(receive(client.get()) == message);
      CHECK(receive(client.get()) == message);
    }
    const EndpointStats stats = stats_of(server.drain());
    CHECK(stats.impaired_total == ImpairedTotals{.dup = 3});
    CHECK(stats.tx_messages_total == 6U);
    CHECK(stats.tx_bytes_total == 2 * stats.rx_bytes_total);
  }
}

TEST_CASE("impaired server: a lost message is dropped, counted and told", "[engine][loopback]") {
  for (const std::string uri : kMessageUris) {
    CAPTURE(uri);
    RunningServer server{own(uri), impaired("loss=100%", {.trace = TraceLevel::everything})};
    const UniqueFd client = server.connect();
    send_all(client.get(), "gone");
    CHECK_FALSE(readable(client.get(), 50ms));
    CHECK(stats_of(server.drain()).impaired_total == ImpairedTotals{.loss = 1});
    const auto told = server.events().of<DatagramEvent>();
    REQUIRE(told.size() == 1);
    CHECK(told[0].dropped == DropReason::impaired);
    CHECK(told[0].rx_bytes == 4);
  }
}

TEST_CASE("impaired server: each message is told once, under its own peer", "[engine][loopback]") {
  RunningServer server{"udp://127.0.0.1:0",
                       impaired("delay=10ms,dup=100%", {.trace = TraceLevel::everything})};
  const UniqueFd first = server.connect();
  const UniqueFd second = server.connect();
  send_all(first.get(), "1");
  send_all(second.get(), "22");
  CHECK(receive(first.get()) + receive(first.get()) == "11");
  CHECK(receive(second.get()) + receive(second.get()) == "2222");
  stats_of(server.drain());
  const auto told = server.events().of<DatagramEvent>();
  REQUIRE(told.size() == 2);
  CHECK_FALSE(told[0].dropped);
  REQUIRE(told[0].peer);
  REQUIRE(told[1].peer);
  CHECK(told[0].rx_bytes == 1);
  const SocketKind kind = find_backend("udp")->kind;
  CHECK(told[0].peer->uri == describe_local(first.get(), kind)->uri);
  CHECK(told[1].peer->uri == describe_local(second.get(), kind)->uri);
}

TEST_CASE("impaired server: a corrupt message differs in one bit, an empty one can not",
          "[engine][loopback]") {
  for (const std::string uri : kMessageUris) {
    CAPTURE(uri);
    RunningServer server{own(uri), impaired("corrupt=100%")};
    const UniqueFd client = server.connect();
    const std::string message = pattern(100);
    const std::string reply = round_trip(client.get(), message);
    int bits = 0;
    for (std::size_t i = 0; i < reply.size(); ++i) {
      bits += __builtin_popcount(static_cast<unsigned char>(reply[i] ^ message[i]));
    }
    CHECK(reply.size() == message.size());
    CHECK(bits == 1);
    send_all(client.get(), "");
    CHECK(receive(client.get()).empty());
    CHECK(stats_of(server.drain()).impaired_total == ImpairedTotals{.corrupt = 1});
  }
}

TEST_CASE("impaired server: at its end what is under way leaves at once", "[engine][loopback]") {
  const std::string uri = own(
      GENERATE("udp://127.0.0.1:0", "unixgram:@", "unixpacket:@", "tcp://127.0.0.1:0", "unix:@"));
  CAPTURE(uri);
  RunningServer server{uri, impaired("delay=1h")};
  const UniqueFd client = server.connect();
  send_all(client.get(), "hello");
  CHECK_FALSE(readable(client.get(), 50ms));
  const Instant before = monotonic_now();
  const EndpointStats stats = stats_of(server.drain());
  CHECK(monotonic_now() - before < 3s);  // The drain time-out is 5 s.
  CHECK(receive(client.get()) == "hello");
  CHECK(stats.tx_bytes_total == 5);
}

TEST_CASE("impaired server: a limit counts replies that have left", "[engine][loopback]") {
  RunningServer server{"udp://127.0.0.1:0", impaired("delay=30ms,dup=100%", {.max_accepts = 2})};
  const UniqueFd client = server.connect();
  for (const char* message : {"1", "2", "3"}) send_all(client.get(), message);
  const ServerOutcome outcome = server.wait();
  CHECK(outcome.reason == StopReason::max_accepts);
  CHECK(receive(client.get()) + receive(client.get()) == "11");
  CHECK(receive(client.get()) == "2");
  const EndpointStats stats = stats_of(outcome);
  CHECK(stats.rx_messages_total == 2U);
  CHECK(stats.tx_messages_total == 4U);
}

TEST_CASE("impaired server: a stream stays whole and in order", "[engine][loopback]") {
  const std::string uri = own(GENERATE("tcp://127.0.0.1:0", "unix:@"));
  const std::string spec = GENERATE("delay=5ms,jitter=5ms", "rate=200MB", "jitter=1us");
  CAPTURE(uri, spec);
  RunningServer server{uri, impaired(spec)};
  const UniqueFd client = server.connect();
  const std::string bytes = pattern(8'000'000);
  CHECK(round_trip(client.get(), bytes) == bytes);
  ::shutdown(client.get(), SHUT_WR);
  CHECK(read_to_end(client.get()).empty());
  CHECK(stats_of(server.drain()).impaired_total->delayed > 0);
}

TEST_CASE("impaired server: a half-closed client gets what is under way, then the end",
          "[engine][loopback]") {
  const std::string uri = own(GENERATE("tcp://127.0.0.1:0", "unix:@", "unixpacket:@"));
  CAPTURE(uri);
  RunningServer server{uri, impaired("delay=50ms", {.trace = TraceLevel::connections})};
  const UniqueFd client = server.connect();
  send_all(client.get(), "hello");
  ::shutdown(client.get(), SHUT_WR);
  CHECK(read_to_end(client.get()) == "hello");
  server.drain();
  const auto closed = server.events().of<CloseEvent>();
  REQUIRE(closed.size() == 1);
  CHECK(closed[0].reason == CloseReason::eof);
  CHECK(closed[0].rx_bytes == 5);
  CHECK(closed[0].tx_bytes == 5);
}

TEST_CASE("impaired server: a client that leaves takes its replies with it", "[engine][loopback]") {
  const std::string uri = own(GENERATE("tcp://127.0.0.1:0", "unix:@", "unixpacket:@"));
  CAPTURE(uri);
  RunningServer server{uri, impaired("delay=1h", {.max_accepts = 1})};
  {
    const UniqueFd client = server.connect();
    send_all(client.get(), "hello");
    CHECK_FALSE(readable(client.get(), 50ms));
    const linger reset{1, 0};
    ::setsockopt(client.get(), SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
  }
  const ServerOutcome outcome = server.wait();
  CHECK(outcome.reason == StopReason::max_accepts);
  stats_of(outcome);
}

TEST_CASE("impaired server: a client that does not read is not read for ever",
          "[engine][loopback]") {
  RunningServer server{"tcp://127.0.0.1:0", impaired("rate=64k")};
  const UniqueFd client = server.connect();
  // The link takes 64 KiB a second, its queue as much; the rest stays where it came from.
  const std::string megabyte(1 << 20, 'x');
  for (int i = 0; i < 100; ++i) {
    pollfd writable{client.get(), POLLOUT, 0};
    if (::poll(&writable, 1, 200) == 0) break;
    static_cast<void>(::send(client.get(), megabyte.data(), megabyte.size(), MSG_DONTWAIT));
  }
  const UniqueFd other = server.connect();  // A link of its own.
  CHECK(round_trip(other.get(), "hello") == "hello");
  const EndpointStats stats = stats_of(server.drain());
  CHECK(stats.rx_bytes_total < (1 << 20));
}

TEST_CASE("impaired server: a rate limits a stream and spaces datagrams", "[engine][loopback]") {
  SECTION("stream") {
    RunningServer server{"tcp://127.0.0.1:0", impaired("rate=1MB")};
    const UniqueFd client = server.connect();
    const Instant before = monotonic_now();
    CHECK(round_trip(client.get(), pattern(300'000)).size() == 300'000);
    CHECK(monotonic_now() - before >= 290ms);
  }
  SECTION("datagrams") {
    RunningServer server{"udp://127.0.0.1:0", impaired("rate=10kB")};
    const UniqueFd client = server.connect();
    const Instant before = monotonic_now();
    for (int i = 0; i < 4; ++i) send_all(client.get(), pattern(1000));
    for (int i = 0; i < 4; ++i) CHECK(receive(client.get()) == pattern(1000));
    CHECK(monotonic_now() - before >= 400ms);
    CHECK(stats_of(server.drain()).impaired_total == ImpairedTotals{.delayed = 4});
  }
}

TEST_CASE("impaired server: the same seed corrupts the same bytes of a stream",
          "[engine][loopback]") {
  const std::string bytes(1'000'000, 'x');
  std::string first;
  for (int run = 0; run < 2; ++run) {
    RunningServer server{"tcp://127.0.0.1:0", impaired("corrupt=20%,seed=42")};
    const UniqueFd client = server.connect();
    const std::string back = round_trip(client.get(), bytes);
    std::size_t changed = 0;
    for (std::size_t i = 0; i < back.size(); ++i) changed += back[i] != 'x' ? 1U : 0U;
    CHECK(back.size() == bytes.size());
    CHECK(changed > 100);
    if (run == 0) first = back;
    CHECK(back == first);
    CHECK(stats_of(server.drain()).impaired_total->corrupt == changed);
  }
}

TEST_CASE("impaired server: a held header goes out after a second, or at the end",
          "[engine][loopback]") {
  RunningServer server{"tcp://127.0.0.1:0", impaired("delay=1ms")};
  const UniqueFd client = server.connect();
  const std::string frame = stamped_request();
  const std::string part = frame.substr(0, 20);
  send_all(client.get(), frame + part);
  std::string back;
  while (back.size() < frame.size()) back += receive(client.get());
  CHECK(back.size() == frame.size());
  SECTION("at the end of the input") {
    ::shutdown(client.get(), SHUT_WR);
    CHECK(read_to_end(client.get()) == part);
  }
  SECTION("after a second") {
    CHECK(receive(client.get()) == part);
  }
  SECTION("when the server ends") {
    server.drain();
    CHECK(receive(client.get()) == part);
  }
}

TEST_CASE("impaired server: a stream that can suffer nothing of it is a plain one",
          "[engine][loopback]") {
  RunningServer server{"tcp://127.0.0.1:0", impaired("loss=100%,dup=100%,reorder=100%")};
  const UniqueFd client = server.connect();
  CHECK(round_trip(client.get(), "hello") == "hello");
  CHECK_FALSE(server.drain().stats.endpoints.at(0).impaired_total);
}
