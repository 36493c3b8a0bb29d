// Trains: several datagrams that pass the kernel as one. Each is a message of its own.

#include <unistd.h>

#include "core/codec/auth.hpp"
#include "core/codec/frame.hpp"
#include "core/net/socket_address.hpp"
#include "core/serve/server.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/running_server.hpp"
#include "tests/support/udp_trains.hpp"

using namespace netecho;
using namespace netecho::test;
using namespace netecho::testing;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t kFrameBytes = 80;

std::string frame(std::uint64_t sequence, FrameType type = FrameType::request,
                  const AuthKey* key = nullptr) {
  std::vector<std::byte> bytes(kFrameBytes, std::byte{'p'});
  FrameHeader header;
  header.type = type;
  header.authenticated = key != nullptr;
  header.length = kFrameBytes;
  header.session = 7;
  header.sequence = Sequence{sequence};
  header.stamp = FrameStamp{};
  encode_frame(header, bytes);
  if (key != nullptr) key->sign(bytes);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

FrameHeader decode(const std::string& bytes) {
  FrameHeader header;
  REQUIRE(decode_frame(std::as_bytes(std::span{bytes}), header) == DecodeStatus::ok);
  return header;
}

std::uint64_t dropped(const EndpointStats& stats, DropReason reason) {
  return stats.dropped_total[static_cast<std::size_t>(reason)];
}

/// The counters of a server that ended, which must add up.
EndpointStats counters(RunningServer& server) {
  const EndpointStats stats = server.drain().stats.endpoints.front();
  std::uint64_t answered_or_not = *stats.tx_messages_total;
  for (const std::uint64_t each : stats.dropped_total) answered_or_not += each;
  CHECK(*stats.rx_messages_total == answered_or_not);
  return stats;
}

/// 64 different messages of this size, one behind the other.
std::string distinct(std::size_t messages, std::size_t segment) {
  std::string out = pattern(messages * segment);
  for (std::size_t i = 0; i < messages; ++i) out[i * segment] = static_cast<char>('0' + i);
  return out;
}

}  // namespace

TEST_CASE("server: a train of datagrams comes back as one", "[trains][loopback]") {
  const std::string uri = GENERATE("udp4://127.0.0.1:0", "udp6://[::1]:0");
  CAPTURE(uri);
  RunningServer server{uri};
  const UniqueFd client = server.connect();
  accept_trains(client.get());
  std::uint64_t messages = 0;
  std::uint64_t bytes = 0;
  // The last one shorter, all equal, one byte each, as many and as long as there can be.
  for (const auto& [length, segment] : {std::pair{250, 100}, std::pair{200, 100}, std::pair{64, 1},
                                        std::pair{64 * 1000, 1000}, std::pair{65'000, 32'500}}) {
    CAPTURE(length, segment);
    const auto size = static_cast<std::size_t>(length);
    const auto each = static_cast<std::size_t>(segment);
    const std::string train = pattern(size);
    send_train(client.get(), train, each);
    const ReceivedTrain back = receive_train(client.get());
    CHECK(back.bytes == train);
    CHECK(back.segment == each);
    messages += (size + each - 1) / each;
    bytes += size;
  }
  const EndpointStats stats = counters(server);
  CHECK(stats.rx_messages_total == messages);
  CHECK(stats.tx_messages_total == messages);
  CHECK(stats.rx_bytes_total == bytes);
  CHECK(stats.tx_bytes_total == bytes);
}

TEST_CASE("server: singles and trains of several peers are answered each to its own",
          "[trains][loopback]") {
  RunningServer server{"udp4://127.0.0.1:0"};
  const UniqueFd one = server.connect();
  const UniqueFd other = server.connect();
  accept_trains(one.get());
  for (int round = 0; round < 20; ++round) {
    const std::string train = distinct(10, 30);
    send_train(one.get(), train, 30);
    for (const char* each : {"a", "", "ccc"}) {
      REQUIRE(::send(other.get(), each, std::strlen(each), 0) >= 0);
    }
    send_train(other.get(), "dddee", 3);  // Its receiver gets them singly.
    CHECK(receive_train(one.get()).bytes == train);
    for (const char* each : {"a", "", "ccc", "ddd", "ee"}) {
      CHECK(receive_train(other.get()).bytes == each);
    }
  }
  CHECK(counters(server).tx_messages_total == 20 * 15);
}

TEST_CASE("server: every frame of a train is stamped", "[trains][loopback]") {
  RunningServer server{"udp4://127.0.0.1:0"};
  const UniqueFd client = server.connect();
  accept_trains(client.get());
  std::string train;
  for (std::uint64_t i = 0; i < 64; ++i) train += frame(i);
  send_train(client.get(), train, kFrameBytes);
  const ReceivedTrain back = receive_train(client.get());
  const std::vector<std::string> replies = messages_of(back);
  REQUIRE(replies.size() == 64);
  for (std::uint64_t i = 0; i < 64; ++i) {
    const FrameHeader reply = decode(replies[i]);
    CHECK(reply.type == FrameType::reply);
    CHECK(reply.sequence == Sequence{i});
    CHECK(reply.stamp->count == i + 1);
  }
  CHECK(counters(server).frames_stamped_total == 64);
}

TEST_CASE("server: what must not be answered is taken out of a train", "[trains][loopback]") {
  RunningServer server{"udp4://127.0.0.1:0"};
  const UniqueFd client = server.connect();
  accept_trains(client.get());
  const std::string reply = frame(0, FrameType::reply);
  SECTION("from its front, its middle, its end") {
    send_train(client.get(), reply + frame(1) + frame(2) + reply + frame(3) + reply, kFrameBytes);
    const ReceivedTrain back = receive_train(client.get());
    CHECK(back.segment == kFrameBytes);
    const std::vector<std::string> left = messages_of(back);
    REQUIRE(left.size() == 3);
    for (std::uint64_t i = 0; i < 3; ++i) CHECK(decode(left[i]).sequence == Sequence{i + 1});
    const EndpointStats stats = counters(server);
    CHECK(stats.rx_messages_total == 6);
    CHECK(dropped(stats, DropReason::loop) == 3);
    CHECK(stats.tx_bytes_total == 3 * kFrameBytes);
  }
  SECTION("all but a shorter last one") {
    send_train(client.get(), reply + reply + "rest", kFrameBytes);
    CHECK(receive_train(client.get()).bytes == "rest");
    const EndpointStats stats = counters(server);
    CHECK(dropped(stats, DropReason::loop) == 2);
    CHECK(stats.tx_messages_total == 1);
  }
  SECTION("all of it") {
    send_train(client.get(), reply + reply, kFrameBytes);
    REQUIRE(::send(client.get(), "next", 4, 0) == 4);
    CHECK(receive_train(client.get()).bytes == "next");
    CHECK(dropped(counters(server), DropReason::loop) == 2);
  }
}

TEST_CASE("server: of a train only what is authenticated is answered", "[trains][loopback]") {
  const std::string secret(16, 'k');
  ServerOptions options;
  options.key = std::make_shared<AuthKey>(std::as_bytes(std::span{secret}));
  options.others = Unauthenticated::refused;
  RunningServer server{"udp4://127.0.0.1:0", options};
  const UniqueFd client = server.connect();
  accept_trains(client.get());
  const AuthKey* const key = options.key.get();
  const std::string good = frame(1, FrameType::request, key);
  std::string spoiled = frame(2, FrameType::request, key);
  spoiled.back() = static_cast<char>(spoiled.back() ^ 1);
  send_train(client.get(), good + frame(0) + spoiled + frame(3, FrameType::request, key),
             kFrameBytes);
  const std::vector<std::string> replies = messages_of(receive_train(client.get()));
  REQUIRE(replies.size() == 2);
  CHECK(decode(replies[0]).sequence == Sequence{1});
  CHECK(decode(replies[1]).sequence == Sequence{3});
  for (const std::string& each : replies) CHECK(key->verify(std::as_bytes(std::span{each})));
  const EndpointStats stats = counters(server);
  CHECK(dropped(stats, DropReason::auth) == 2);
  CHECK(stats.frames_stamped_total == 2);
}

TEST_CASE("server: each message of a train counts towards the rate", "[trains][loopback]") {
  ServerOptions options;
  options.reply_interval = 1h;  // One reply, and then none.
  options.limits_loopback = true;
  RunningServer server{"udp4://127.0.0.1:0", options};
  const UniqueFd client = server.connect();
  accept_trains(client.get());
  send_train(client.get(), distinct(5, 10), 10);
  CHECK(receive_train(client.get()).bytes == distinct(5, 10).substr(0, 10));
  const EndpointStats stats = counters(server);
  CHECK(dropped(stats, DropReason::rate) == 4);
  CHECK(stats.tx_messages_total == 1);
}

TEST_CASE("server: a refused source is refused all of its train", "[trains][loopback]") {
  ServeOptions serve;
  serve.sources.networks.push_back(*Cidr::parse("127.0.0.2"));
  RunningServer server{"udp4://127.0.0.1:0", {}, serve};
  const UniqueFd client = server.connect();
  send_train(client.get(), distinct(5, 10), 10);
  const UniqueFd allowed{::socket(AF_INET, SOCK_DGRAM, 0)};
  const SocketAddress from = SocketAddress::from_ip("127.0.0.2", 0).value();
  const SocketAddress to = SocketAddress::from_ip("127.0.0.1", *server.endpoint().port).value();
  REQUIRE(::bind(allowed.get(), from.data(), from.size()) == 0);
  REQUIRE(::connect(allowed.get(), to.data(), to.size()) == 0);
  REQUIRE(::send(allowed.get(), "me", 2, 0) == 2);
  CHECK(receive_train(allowed.get()).bytes == "me");
  const EndpointStats stats = counters(server);
  CHECK(dropped(stats, DropReason::not_allowed) == 5);
}

TEST_CASE("server: where each message matters, a train comes in as single ones",
          "[trains][loopback]") {
  RunningServer server{"udp4://127.0.0.1:0", {.trace = TraceLevel::everything}};
  const UniqueFd client = server.connect();
  send_train(client.get(), "aabbc", 2);
  CHECK(receive_messages(client.get(), 3) == std::vector<std::string>{"aa", "bb", "c"});
  CHECK(counters(server).tx_messages_total == 3);
  CHECK(server.events().of<DatagramEvent>().size() == 3);
}

TEST_CASE("server: trains or not, a plain sender sees no difference", "[trains][loopback]") {
  std::vector<std::vector<std::string>> answers;
  for (const TraceLevel trace : {TraceLevel::none, TraceLevel::everything}) {
    RunningServer server{"udp4://127.0.0.1:0", {.trace = trace}};
    const UniqueFd client = server.connect();
    std::vector<std::string>& got = answers.emplace_back();
    for (std::size_t i = 0; i < 100; ++i) {
      const std::string bytes = i % 10 == 3 ? frame(i, FrameType::reply) : pattern(i);
      REQUIRE(::send(client.get(), bytes.data(), bytes.size(), 0) >= 0);
      if (i % 10 != 3) got.push_back(receive_train(client.get()).bytes);
    }
    const EndpointStats stats = counters(server);
    CHECK(stats.rx_messages_total == 100);
    CHECK(dropped(stats, DropReason::loop) == 10);
  }
  CHECK(answers[0] == answers[1]);
}
