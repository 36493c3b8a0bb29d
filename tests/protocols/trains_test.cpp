// Trains at the ports of udp: several messages of one size that pass the kernel as one.

#include "protocols/message/split_peers.hpp"

#include "core/base/clock.hpp"
#include "core/net/socket_address.hpp"
#include "tests/protocols/echo_pair.hpp"
#include "tests/support/udp_trains.hpp"

using namespace netecho;
using namespace netecho::test;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t kMessages = 40;
constexpr std::size_t kSegment = 30;

/// A device that cannot compute checksums takes no train: so does a socket that wants none.
void refuse_trains(int fd, int on) {
  REQUIRE(::setsockopt(fd, SOL_SOCKET, SO_NO_CHECK, &on, sizeof on) == 0);
}

/// kMessages different messages.
std::string distinct() {
  std::string out(kMessages * kSegment, '.');
  for (std::size_t i = 0; i < kMessages; ++i) out[i * kSegment] = static_cast<char>('0' + i);
  return out;
}

struct Sent {
  std::size_t calls = 0;
  std::size_t messages = 0;
  std::size_t bytes = 0;
};

Sent send_all(MessagePort& port, Batch& batch) {
  Sent out;
  while (batch.next < batch.count) {
    const BatchResult result = port.send(batch);
    REQUIRE(result.status == IoStatus::ok);
    ++out.calls;
    out.messages += result.messages;
    out.bytes += result.bytes;
  }
  return out;
}

/// The client's train of all messages, as one slot.
void fill_train(Batch& batch, std::string& bytes) {
  Slot& slot = batch.slots()[0];
  slot = {};
  slot.data = reinterpret_cast<std::byte*>(bytes.data());
  slot.size = static_cast<std::uint32_t>(bytes.size());
  slot.segment_size = kSegment;
  batch.count = 1;
  batch.next = 0;
}

}  // namespace

TEST_CASE("trains: a slot knows its messages", "[trains][unit]") {
  std::array<std::byte, 10> bytes{};
  Slot slot;
  slot.data = bytes.data();
  slot.size = 10;
  CHECK_FALSE(slot.is_train());
  CHECK(slot.segments() == 1);
  CHECK(slot.first_message().size == 10);
  slot.segment_size = 4;
  CHECK(slot.is_train());
  CHECK(slot.segments() == 3);
  CHECK(slot.first_message().size == 4);
  CHECK(slot.first_message().segment_size == 0);
  slot.cut_front(8);
  CHECK(slot.data == bytes.data() + 8);
  CHECK_FALSE(slot.is_train());  // What is left is one message, …
  CHECK(slot.segments() == 1);   // … and counts as one.
  CHECK(slot.first_message().size == 2);
}

TEST_CASE("trains: a peer stays split for ten seconds, whatever its port", "[trains][unit]") {
  SplitPeers split;
  const Instant now = monotonic_now();
  const SocketAddress peer = *SocketAddress::from_ip("192.0.2.1", 7);
  const SocketAddress same_host = *SocketAddress::from_ip("192.0.2.1", 8);
  const SocketAddress other = *SocketAddress::from_ip("192.0.2.2", 7);
  CHECK_FALSE(split.contain(*peer.data(), now));
  split.add(*peer.data(), now);
  CHECK(split.contain(*same_host.data(), now));
  CHECK(split.contain(*peer.data(), now + 10s - 1ns));
  CHECK_FALSE(split.contain(*peer.data(), now + 10s));
  CHECK_FALSE(split.contain(*other.data(), now));
  // Sixteen later ones push it out.
  for (int i = 0; i < 16; ++i) {
    split.add(*SocketAddress::from_ip("198.51.100." + std::to_string(i), 7)->data(), now + 1s);
  }
  CHECK_FALSE(split.contain(*peer.data(), now + 1s));
  CHECK(split.contain(*SocketAddress::from_ip("198.51.100.0", 9)->data(), now + 1s));
}

TEST_CASE("trains: only who accepts them gets any", "[trains][loopback]") {
  EchoPair pair{*find_backend("udp")};
  Batch batch{32, kTrainSlotBytes};
  send_train(pair.port().fd(), distinct(), kSegment);
  std::size_t got = 0;
  while (got < kMessages) {
    REQUIRE(await_messages(pair.server_port(), batch).status == IoStatus::ok);
    for (const Slot& slot : batch.filled()) CHECK(slot.segment_size == 0);
    got += batch.count;
  }
  for (const char* scheme : {"unixgram", "unixpacket"}) {
    EchoPair other{*find_backend(scheme)};
    CHECK(other.server_port().features().trains == nullptr);
    CHECK(other.port().features().trains == nullptr);
  }
}

TEST_CASE("trains: a server that cannot send one sends its messages, for a while",
          "[trains][loopback]") {
  EchoPair pair{*find_backend("udp")};
  MessagePort& server = pair.server_port();
  const int client = pair.port().fd();
  Batch batch{32, kTrainSlotBytes};
  REQUIRE(server.features().trains->accept_trains());
  accept_trains(client);
  const std::string train = distinct();

  send_train(client, train, kSegment);
  REQUIRE(await_messages(server, batch).messages == 1);
  CHECK(batch.filled()[0].segment_size == kSegment);
  CHECK(batch.filled()[0].size == train.size());
  const Sent whole = send_all(server, batch);
  CHECK(whole.calls == 1);
  CHECK(whole.messages == kMessages);
  CHECK(whole.bytes == train.size());
  await(client, POLLIN);
  CHECK(receive_train(client).segment == kSegment);

  for (const bool refused : {true, false}) {  // The second time it could.
    refuse_trains(server.fd(), refused ? 1 : 0);
    send_train(client, train, kSegment);
    REQUIRE(await_messages(server, batch).messages == 1);
    const Sent split = send_all(server, batch);
    CHECK(split.calls == 2);  // 32 at once, and the rest.
    CHECK(split.messages == kMessages);
    CHECK(split.bytes == train.size());
    for (std::size_t i = 0; i < kMessages; ++i) {
      await(client, POLLIN);
      const ReceivedTrain got = receive_train(client);
      CHECK(got.segment == 0);
      CHECK(got.bytes == train.substr(i * kSegment, kSegment));
    }
  }
}

TEST_CASE("trains: a batch of both kinds is answered in its order", "[trains][loopback]") {
  EchoPair pair{*find_backend("udp")};
  MessagePort& server = pair.server_port();
  const int client = pair.port().fd();
  refuse_trains(server.fd(), GENERATE(0, 1));
  Batch batch{32, kTrainSlotBytes};
  REQUIRE(server.features().trains->accept_trains());
  for (const char* single : {"first", "second"}) REQUIRE(::send(client, single, 5, 0) == 5);
  send_train(client, "aabbc", 2);
  REQUIRE(::send(client, "third", 5, 0) == 5);
  send_train(client, "ddee", 2);
  REQUIRE(await_messages(server, batch).messages == 5);
  batch.slots()[1].skip = true;
  CHECK(send_all(server, batch).messages == 7);
  for (const char* each : {"first", "aa", "bb", "c", "third", "dd", "ee"}) {
    await(client, POLLIN);
    CHECK(receive_train(client).bytes == each);
  }
}

TEST_CASE("trains: a client sends none before there was a reply, and takes any",
          "[trains][loopback]") {
  EchoPair pair{*find_backend("udp")};
  MessagePort& client = pair.port();
  MessagePort& server = pair.server_port();
  Batch batch{32, kTrainSlotBytes};
  Trains& trains = *client.features().trains;
  CHECK_FALSE(trains.takes_trains(monotonic_now()));
  REQUIRE(trains.accept_trains());
  REQUIRE(server.features().trains->accept_trains());
  CHECK(server.features().trains->takes_trains(monotonic_now()));
  CHECK_FALSE(trains.takes_trains(monotonic_now()));
  CHECK(pair.round_trip(pattern(8)) == pattern(8));
  REQUIRE(trains.takes_trains(monotonic_now()));

  std::string train = distinct();
  Batch outgoing{1, 1};
  for (int round = 0; round < 3; ++round) {
    fill_train(outgoing, train);
    const Instant before = monotonic_now();
    const BatchResult sent = client.send(outgoing);
    CHECK(sent.messages == kMessages);
    CHECK(outgoing.next == 1);
    CHECK(outgoing.slots()[0].at >= before);
    REQUIRE(await_messages(server, batch).messages == 1);
    CHECK(batch.filled()[0].segment_size == kSegment);
    REQUIRE(server.send(batch).messages == kMessages);
    REQUIRE(await_messages(client, batch).messages == 1);
    CHECK(batch.filled()[0].segment_size == kSegment);
    CHECK(batch.filled()[0].size == train.size());
    CHECK(std::memcmp(batch.filled()[0].data, train.data(), train.size()) == 0);
  }
}

TEST_CASE("trains: a client whose train is refused goes without for a while",
          "[trains][loopback]") {
  EchoPair pair{*find_backend("udp")};
  MessagePort& client = pair.port();
  Trains& trains = *client.features().trains;
  REQUIRE(trains.accept_trains());
  CHECK(pair.round_trip(pattern(8)) == pattern(8));
  refuse_trains(client.fd(), 1);
  std::string train = distinct();
  Batch outgoing{1, 1};
  fill_train(outgoing, train);
  const BatchResult refused = client.send(outgoing);
  CHECK(refused.status == IoStatus::ok);
  CHECK(refused.messages == 0);
  CHECK(outgoing.next == 0);
  const Instant now = monotonic_now();
  CHECK_FALSE(trains.takes_trains(now));
  CHECK_FALSE(trains.takes_trains(now + 9s));
  CHECK(trains.takes_trains(now + 10s));
  CHECK(pair.round_trip(pattern(8)) == pattern(8));  // Singles leave as ever.
}

TEST_CASE("trains: an error from the network makes a client go without", "[trains][loopback]") {
  EchoPair pair{*find_backend("udp")};
  MessagePort& client = pair.port();
  Trains& trains = *client.features().trains;
  REQUIRE(trains.accept_trains());
  CHECK(pair.round_trip(pattern(8)) == pattern(8));
  REQUIRE(trains.takes_trains(monotonic_now()));
  pair.served().socket = std::unique_ptr<MessagePort>{};
  Batch batch{32, kTrainSlotBytes};
  REQUIRE(send_message(client, batch, pattern(8)).messages == 1);
  REQUIRE(await_messages(client, batch).messages == 1);
  CHECK(batch.filled()[0].error == ECONNREFUSED);
  CHECK_FALSE(trains.takes_trains(monotonic_now()));
}
