// ICMP echo messages byte for byte, and the port over the loopback where this user may ping.

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstring>

#include "protocols/icmp/echo_message.hpp"
#include "tests/protocols/echo_pair.hpp"
#include "tests/protocols/parse_refusal.hpp"

using namespace netecho;
using namespace netecho::test;
using std::string;

namespace {

constexpr EchoSocket kRawV4{IcmpVersion::v4, IcmpAccess::raw, 0x1234};
constexpr EchoSocket kRawV6{IcmpVersion::v6, IcmpAccess::raw, 0x1234};
constexpr EchoSocket kPingV4{IcmpVersion::v4, IcmpAccess::ping, 0};

Bytes bytes(std::initializer_list<unsigned> values) {
  Bytes out;
  for (const unsigned value : values) out.push_back(static_cast<std::byte>(value));
  return out;
}

/// "hello" comes back as number 7, as a kernel sent it: the checksum is tcpdump's.
const Bytes kReply =
    bytes({0x00, 0x00, 0xA9, 0xF2, 0x12, 0x34, 0x00, 0x07, 'h', 'e', 'l', 'l', 'o'});

/// A header of so many bytes, of which only the first matters here.
Bytes with_ip_header(const Bytes& message, std::size_t size = 20) {
  Bytes out(size);
  out[0] = static_cast<std::byte>(0x40 | size / 4);
  out.insert(out.end(), message.begin(), message.end());
  return out;
}

struct Read {
  std::optional<EchoReply> reply;
  string data;
};

/// Reads a message in the two pieces that a port reads it into.
Read read(const EchoSocket& socket, Bytes message, MessageCut cut = MessageCut::no) {
  const std::size_t in_head = std::min(message.size(), head_bytes(socket));
  const std::span all{message};
  Read out;
  const std::span rest = all.subspan(in_head);
  out.reply = read_echo_reply(socket, all.first(in_head), rest, cut);
  if (out.reply) out.data.assign(reinterpret_cast<const char*>(rest.data()), out.reply->bytes);
  return out;
}

Bytes changed(Bytes message, std::size_t at, unsigned to) {
  message[at] = static_cast<std::byte>(to);
  return message;
}

/// None where this machine or this user has no such socket.
std::optional<Connection> connected(const string& uri) {
  const Endpoint endpoint = parse_endpoint(uri, Role::client);
  try {
    return backend_of(endpoint).connect(endpoint, {});
  } catch (const Error& error) {
    WARN("skipped: " << error.what());
    return std::nullopt;
  }
}

MessagePort& port_of(Connection& connection) {
  return *std::get<std::unique_ptr<MessagePort>>(connection.socket);
}

}  // namespace

TEST_CASE("icmp: a raw request of IPv4 has the checksum that the kernel would make",
          "[icmp][unit]") {
  const Bytes hello = bytes({'h', 'e', 'l', 'l', 'o'});
  const EchoHeader header = echo_request(kRawV4, 7, hello);
  CHECK(Bytes{header.begin(), header.end()} ==
        bytes({0x08, 0x00, 0xA1, 0xF2, 0x12, 0x34, 0x00, 0x07}));
  const EchoHeader v6 = echo_request(kRawV6, 0xFFFE, hello);
  CHECK(Bytes{v6.begin(), v6.end()} == bytes({0x80, 0, 0, 0, 0x12, 0x34, 0xFF, 0xFE}));
}

TEST_CASE("icmp: a checksum is right for every size, and no other is taken", "[icmp][unit]") {
  const std::size_t size = GENERATE(0U, 1U, 2U, 3U, 4U, 5U, 63U, 1472U, 65'507U);
  CAPTURE(size);
  const Bytes data = pattern(size);
  const EchoHeader header = echo_request(kRawV4, 0xABCD, data);
  Bytes message{header.begin(), header.end()};
  message.insert(message.end(), data.begin(), data.end());
  // A reply differs from its request by the type, 8, which the checksum then has more.
  message[0] = std::byte{0};
  const unsigned sum =
      (std::to_integer<unsigned>(message[2]) << 8U | std::to_integer<unsigned>(message[3])) +
      0x800U;
  message[2] = static_cast<std::byte>(((sum & 0xFFFFU) + (sum >> 16U)) >> 8U);
  message[3] = static_cast<std::byte>((sum & 0xFFFFU) + (sum >> 16U));
  const Read whole = read(kRawV4, with_ip_header(message));
  REQUIRE(whole.reply.has_value());
  CHECK(whole.reply->number == 0xABCD);
  CHECK(whole.reply->bytes == size);
  if (size > 0) {
    Bytes flipped = message;
    flipped.back() ^= std::byte{0x10};
    CHECK_FALSE(read(kRawV4, with_ip_header(flipped)).reply.has_value());
  }
}

TEST_CASE("icmp: a reply is read with and without an IP header, and behind its options",
          "[icmp][unit]") {
  for (const std::size_t header : {20U, 24U, 28U, 32U, 60U}) {
    CAPTURE(header);
    const Read with = read(kRawV4, with_ip_header(kReply, header));
    REQUIRE(with.reply.has_value());
    CHECK(with.reply->number == 7);
    CHECK(with.data == "hello");
  }
  const Read ping = read(kPingV4, kReply);
  REQUIRE(ping.reply.has_value());
  CHECK(ping.data == "hello");
  CHECK(read(kRawV6, changed(kReply, 0, 0x81)).data == "hello");
}

TEST_CASE("icmp: what is no reply to this socket is left out", "[icmp][unit]") {
  CHECK_FALSE(read(kPingV4, changed(kReply, 0, 8)).reply.has_value());  // A request.
  CHECK_FALSE(read(kPingV4, changed(kReply, 0, 3)).reply.has_value());  // An error.
  CHECK_FALSE(read(kPingV4, changed(kReply, 1, 1)).reply.has_value());  // A code.
  CHECK_FALSE(read(kRawV6, kReply).reply.has_value());                  // The other version's.
  CHECK_FALSE(read(kRawV6, changed(changed(kReply, 0, 0x81), 5, 0)).reply.has_value());
  CHECK(read(kPingV4, changed(kReply, 5, 0)).reply.has_value());  // The kernel has compared it.
  const Bytes whole = with_ip_header(kReply);
  CHECK_FALSE(read(kRawV4, changed(whole, 0, 0x65)).reply.has_value());  // IPv6?
  CHECK_FALSE(read(kRawV4, changed(whole, 0, 0x44)).reply.has_value());  // Too short a header.
  CHECK_FALSE(read(kRawV4, changed(whole, 0, 0x4F)).reply.has_value());  // Longer than it all.
  CHECK_FALSE(read(kRawV4, changed(whole, 24, 0)).reply.has_value());    // Another identifier.
  for (std::size_t size = 0; size < whole.size(); ++size) {
    CAPTURE(size);
    const Bytes cut{whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)};
    CHECK_FALSE(read(kRawV4, cut).reply.has_value());
    // A message that did not fit has no checksum that could be told.
    CHECK(read(kRawV4, cut, MessageCut::yes).reply.has_value() == (size >= 28));
  }
}

TEST_CASE("icmp: an error's quote is of this socket's requests only", "[icmp][unit]") {
  const Bytes request = bytes({0x08, 0x00, 0xA1, 0xF2, 0x12, 0x34, 0x00, 0x07});
  CHECK(read_echo_quote(kRawV4, request) == std::uint16_t{7});
  CHECK(read_echo_quote(kPingV4, request) == std::uint16_t{7});
  CHECK_FALSE(read_echo_quote(kRawV6, request).has_value());
  CHECK(read_echo_quote(kRawV6, changed(request, 0, 0x80)) == std::uint16_t{7});
  CHECK_FALSE(read_echo_quote(kRawV4, changed(request, 4, 0)).has_value());
  CHECK_FALSE(read_echo_quote(kRawV4, std::span{request}.first(7)).has_value());
}

TEST_CASE("icmp: an endpoint is a host, and a port is an error with a hint", "[icmp][unit]") {
  const auto uri = [](std::string_view text) { return parse_endpoint(text, Role::client).uri(); };
  CHECK(uri("icmp://localhost") == "icmp://localhost");
  CHECK(uri("ICMP4:127.0.0.1") == "icmp4://127.0.0.1");
  CHECK(uri("icmp6://[0::1]") == "icmp6://[::1]");
  CHECK(uri("icmp://[FE80::1%eth0]") == "icmp://[fe80::1%eth0]");
  CHECK(uri("icmp://10.0.0.255") == "icmp://10.0.0.255");  // Whoever answers is told.
  CHECK(uri("icmp://[ff02::1%eth0]") == "icmp://[ff02::1%eth0]");
  CHECK(parse_refusal("icmp://h:7") ==
        "endpoint icmp://h:7: icmp has no ports; did you mean icmp://h?");
  CHECK(parse_refusal("icmp6://[::1]:7") ==
        "endpoint icmp6://[::1]:7: icmp6 has no ports; did you mean icmp6://[::1]?");
  CHECK(parse_refusal("icmp:h:") == "endpoint icmp:h:: icmp has no ports; did you mean icmp://h?");
  CHECK(parse_refusal("icmp://::1") ==
        "endpoint icmp://::1: an IPv6 address needs brackets; did you mean icmp://[::1]?");
  CHECK(parse_refusal("icmp://[::1") ==
        "endpoint icmp://[::1: the ']' is missing; did you mean icmp://[::1]?");
  CHECK(parse_refusal("icmp://[::1]x") ==
        "endpoint icmp://[::1]x: nothing can follow ']'; did you mean icmp://[::1]?");
  CHECK(parse_refusal("icmp://") ==
        "endpoint icmp://: the host is missing; did you mean icmp://localhost?");
  CHECK(parse_refusal("icmp://a:b:c") == "endpoint icmp://a:b:c: a host name has no ':'");
  CHECK(parse_refusal("icmp://h?x") ==
        "endpoint icmp://h?x: an endpoint takes no '?'; options are separate arguments; did you "
        "mean icmp://h?");
  CHECK(parse_refusal("icmp4://[::1]") ==
        "endpoint icmp4://[::1]: icmp4 is IPv4 only; did you mean icmp6://[::1]?");
  CHECK(parse_refusal("icmp://127.1") ==
        "endpoint icmp://127.1: '127.1' is not an IPv4 address; did you mean icmp://127.0.0.1?");
  CHECK(parse_refusal("icm://h") ==
        "endpoint icm://h: unknown scheme 'icm'; did you mean icmp://h?");
}

TEST_CASE("icmp: nobody serves it, because the kernel does", "[icmp][unit]") {
  CHECK(parse_refusal("icmp4://127.0.0.1", Role::serve) ==
        "endpoint icmp4://127.0.0.1: icmp4:// is only for clients: send, probe; the kernel answers "
        "pings by itself");
}

TEST_CASE("icmp: a socket has an address and no port", "[icmp][unit]") {
  const Endpoint endpoint = parse_endpoint("icmp://[::1]", Role::client);
  const SocketDescription known = backend_of(endpoint).describe(endpoint);
  CHECK(known.address == "::1");
  CHECK(known.family == AddressFamily::ipv6);
  CHECK_FALSE(known.port.has_value());
  CHECK(known.transport == "icmp");
}

TEST_CASE("icmp: messages come back whole, each with its number", "[icmp][loopback]") {
  const string uri = GENERATE("icmp4://127.0.0.1", "icmp6://[::1]");
  CAPTURE(uri);
  auto connection = connected(uri);
  if (!connection) return;
  CHECK(connection->peer.uri == uri);
  CHECK(connection->local == connection->peer);
  MessagePort& port = port_of(*connection);
  CHECK(port.features().path->peer() == connection->peer);
  Batch batch{2, kSlotBytes};
  for (const std::size_t size : {0U, 1U, 7U, 64U, 1472U, 9000U, 65'507U}) {
    CAPTURE(size);
    REQUIRE(send_message(port, batch, pattern(size)).messages == 1);
    const Instant sent = batch.slots()[0].at;
    REQUIRE(await_messages(port, batch).messages == 1);
    const Slot& reply = batch.filled()[0];
    CHECK(content(reply) == pattern(size));
    CHECK(reply.at > sent);
    CHECK(reply.number.has_value());
    CHECK(reply.hop_limit == 64);
    CHECK_FALSE(reply.elsewhere);
    CHECK(port.features().senders->sender(0) == connection->peer);
  }
  CHECK(port.receive(batch).status == IoStatus::would_block);
}

TEST_CASE("icmp: a batch leaves in one call, but for what is to be skipped", "[icmp][loopback]") {
  auto connection = connected("icmp4://127.0.0.1");
  if (!connection) return;
  MessagePort& port = port_of(*connection);
  Batch batch{8, 64};
  for (std::size_t i = 0; i < 8; ++i) {
    batch.slots()[i] = {};
    batch.slots()[i].data = batch.storage(i);
    batch.slots()[i].size = static_cast<std::uint32_t>(i);
    batch.slots()[i].number = static_cast<std::uint16_t>(65'533 + i);
    std::memset(batch.storage(i), static_cast<int>('a' + i), i);
  }
  batch.count = 8;
  batch.slots()[3].skip = true;
  CHECK(port.send(batch).messages == 7);
  CHECK(batch.next == 8);
  std::vector<std::size_t> sizes;
  while (sizes.size() < 7) {
    REQUIRE(await_messages(port, batch).status == IoStatus::ok);
    for (const Slot& slot : batch.filled()) {
      sizes.push_back(slot.size);
      CHECK(slot.number == static_cast<std::uint16_t>(65'533 + slot.size));
      CHECK(content(slot) == Bytes(slot.size, static_cast<std::byte>('a' + slot.size)));
    }
  }
  CHECK(sizes == std::vector<std::size_t>{0, 1, 2, 4, 5, 6, 7});
}

TEST_CASE("icmp: two clients do not see each other's replies", "[icmp][loopback]") {
  auto one = connected("icmp4://127.0.0.1");
  auto other = connected("icmp4://127.0.0.1");
  if (!one || !other) return;
  Batch batch{2, 64};
  REQUIRE(send_message(port_of(*one), batch, pattern(9)).messages == 1);
  REQUIRE(await_messages(port_of(*one), batch).messages == 1);
  CHECK(port_of(*other).receive(batch).status == IoStatus::would_block);
}

TEST_CASE("icmp: a raw socket hears of others only where they may answer", "[icmp][loopback]") {
  // Connecting gives it an address; its peer has no port, so that getpeername() says nothing.
  const auto is_connected = [](Connection& connection) {
    sockaddr_in local{};
    socklen_t size = sizeof local;
    auto* const generic = reinterpret_cast<sockaddr*>(&local);
    REQUIRE(::getsockname(port_of(connection).fd(), generic, &size) == 0);
    return local.sin_addr.s_addr != INADDR_ANY;
  };
  auto one = connected("icmp4://127.0.0.1");
  auto many = connected("icmp4://127.255.255.255");
  if (!one || !many) return;
  CHECK(is_connected(*one));
  int type = 0;
  socklen_t size = sizeof type;
  REQUIRE(::getsockopt(port_of(*many).fd(), SOL_SOCKET, SO_TYPE, &type, &size) == 0);
  CHECK(is_connected(*many) ==
        (type == SOCK_DGRAM));  // The kernel knows whose a ping socket's are.
}

TEST_CASE("icmp: --bind with a port is refused", "[icmp][unit]") {
  const Endpoint endpoint = parse_endpoint("icmp4://127.0.0.1", Role::client);
  ConnectOptions options;
  options.socket.bind = "127.0.0.1:4000";
  try {
    static_cast<void>(backend_of(endpoint).connect(endpoint, options));
    FAIL("connected");
  } catch (const Error& error) {
    CHECK(error.category() == ErrorCategory::usage);
  }
}
