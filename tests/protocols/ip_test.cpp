#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "core/net/socket_address.hpp"
#include "protocols/ip/bind_ip.hpp"
#include "protocols/ip/complete_ip.hpp"
#include "protocols/rules/datagram_rules.hpp"
#include "protocols/stream/acceptor.hpp"
#include "tests/protocols/echo_pair.hpp"

using namespace netecho;
using namespace netecho::test;

namespace {

std::vector<std::string> warnings;
void keep_warning(const std::string& message) {
  warnings.push_back(message);
}

std::vector<Served> serve(const std::string& typed, ServeOptions options = {}) {
  warnings.clear();
  options.warn = keep_warning;
  const Endpoint endpoint = parse_endpoint(typed, Role::serve);
  return backend_of(endpoint).serve(endpoint, options);
}

Connection connect(const std::string& typed, const ConnectOptions& options = {}) {
  const Endpoint endpoint = parse_endpoint(typed, Role::client);
  return backend_of(endpoint).connect(endpoint, options);
}

MessagePort& port_of(Connection& connection) {
  return *std::get<std::unique_ptr<MessagePort>>(connection.socket);
}
MessagePort& port_of(Served& served) {
  return *std::get<std::unique_ptr<MessagePort>>(served.socket);
}

bool has_ipv6() {
  const UniqueFd fd{::socket(AF_INET6, SOCK_DGRAM, 0)};
  const SocketAddress address = *SocketAddress::from_ip("::1", 0);
  return fd.valid() && ::bind(fd.get(), address.data(), address.size()) == 0;
}

int option(int fd, int level, int name) {
  int value = -1;
  socklen_t size = sizeof value;
  REQUIRE(::getsockopt(fd, level, name, &value, &size) == 0);
  return value;
}

template <typename Call>
Error error_of(Call&& call) {
  try {
    call();
  } catch (const Error& error) {
    return error;
  }
  FAIL("no error");
  return usage_error("", "", "");
}

}  // namespace

TEST_CASE("ip: localhost is served on both families and one port", "[ip][loopback]") {
  if (!has_ipv6()) return;
  for (const std::string scheme : {"tcp", "udp"}) {
    CAPTURE(scheme);
    const auto served = serve(scheme + "://localhost:0");
    REQUIRE(served.size() == 2);
    CHECK(served[0].endpoint.address == "127.0.0.1");
    CHECK(served[1].endpoint.address == "::1");
    CHECK(served[0].endpoint.port != 0);
    CHECK(served[0].endpoint.port == served[1].endpoint.port);
    CHECK(warnings.empty());
  }
}

TEST_CASE("ip: tcp4, -4 and their like leave one family", "[ip][loopback]") {
  CHECK(serve("tcp4://localhost:0").size() == 1);
  ServeOptions options;
  options.lookup.family = FamilyChoice::ipv4_only;
  const auto served = serve("udp://localhost:0", options);
  REQUIRE(served.size() == 1);
  CHECK(served[0].endpoint.family == AddressFamily::ipv4);
  const Error error = error_of([&] { static_cast<void>(serve("tcp6://localhost:0", options)); });
  CHECK(std::string{error.what()} == "endpoint tcp6://localhost:0: -4 allows only IPv4");
}

TEST_CASE("ip: a wildcard bind is said", "[ip][loopback]") {
  const auto served = serve("tcp4://:0");
  CHECK(warnings == std::vector<std::string>{"tcp4://:0: listens on every address of this host"});
  CHECK(served.at(0).endpoint.address == "0.0.0.0");
}

TEST_CASE("ip: an address of another host can't be bound", "[ip][loopback]") {
  const Error error = error_of([] { static_cast<void>(serve("tcp://192.0.2.1:0")); });
  CHECK(error.error_number() == EADDRNOTAVAIL);
  CHECK(error.category() == ErrorCategory::connect);
}

TEST_CASE("tcp: a server that restarts gets its port back at once", "[ip][loopback]") {
  auto first = serve("tcp://127.0.0.1:0");
  const std::string uri = first.front().endpoint.uri;
  Connection client = connect(uri);
  auto& acceptor = *std::get<std::unique_ptr<Acceptor>>(first.front().socket);
  UniqueFd accepted;
  await(acceptor.fd(), POLLIN);
  REQUIRE(acceptor.accept(accepted).status == AcceptStatus::accepted);
  accepted.reset();  // Our end closes first: the port is left in TIME_WAIT or FIN_WAIT.
  first.clear();
  CHECK(serve(uri).size() == 1);
}

TEST_CASE("ip: --reuseport lets a sibling join, nothing else does", "[ip][loopback]") {
  for (const std::string scheme : {"tcp", "udp"}) {
    CAPTURE(scheme);
    ServeOptions shared;
    shared.reuse_port = true;
    const auto first = serve(scheme + "://127.0.0.1:0", shared);
    const std::string uri = first.front().endpoint.uri;
    CHECK(serve(uri, shared).size() == 1);
    CHECK(error_of([&] { static_cast<void>(serve(uri)); }).error_number() == EADDRINUSE);
  }
}

TEST_CASE("tcp: accepted connections have the listener's options", "[ip][loopback]") {
  ServeOptions options;
  options.socket.tos = 0x20;
  options.socket.ttl = 33;
  options.socket.keepalive = Keepalive{.idle = std::chrono::seconds{7}, .interval = {}, .count = 3};
  auto served = serve("tcp://127.0.0.1:0", options);
  const Connection client = connect(served.front().endpoint.uri);
  auto& acceptor = *std::get<std::unique_ptr<Acceptor>>(served.front().socket);
  await(acceptor.fd(), POLLIN);
  UniqueFd fd;
  REQUIRE(acceptor.accept(fd).status == AcceptStatus::accepted);
  CHECK(option(fd.get(), IPPROTO_TCP, TCP_NODELAY) == 1);
  CHECK(option(fd.get(), SOL_SOCKET, SO_OOBINLINE) == 1);
  CHECK(option(fd.get(), SOL_SOCKET, SO_KEEPALIVE) == 1);
  CHECK(option(fd.get(), IPPROTO_TCP, TCP_KEEPIDLE) == 7);
  CHECK(option(fd.get(), IPPROTO_TCP, TCP_KEEPCNT) == 3);
  CHECK(option(fd.get(), IPPROTO_IP, IP_TOS) == 0x20);
  CHECK(option(fd.get(), IPPROTO_IP, IP_TTL) == 33);
}

TEST_CASE("tcp: urgent data stays in line", "[ip][loopback]") {
  EchoPair pair{*find_backend("tcp")};
  REQUIRE(::send(pair.channel().fd(), "ab", 2, MSG_OOB) == 2);
  REQUIRE(::send(pair.channel().fd(), "c", 1, 0) == 1);
  std::string got;
  while (got.size() < 3) {
    Bytes buffer(8);
    const IoResult result = await_bytes(pair.server_channel(), buffer);
    REQUIRE(result.status == IoStatus::ok);
    for (std::size_t i = 0; i < result.bytes; ++i) got += static_cast<char>(buffer[i]);
  }
  CHECK(got == "abc");
}

TEST_CASE("tcp: a client connects from the address of --bind", "[ip][loopback]") {
  auto served = serve("tcp://localhost:0");
  const std::string port = std::to_string(*served.front().endpoint.port);
  ConnectOptions options;
  options.socket.bind = "127.0.0.9";
  CHECK(connect("tcp://localhost:" + port, options).local->address == "127.0.0.9");
  options.socket.bind = "::1";
  CHECK(error_of([&] {
          static_cast<void>(connect("tcp://127.0.0.1:" + port, options));
        }).category() == ErrorCategory::usage);
  options.socket.bind = "nonsense";
  CHECK(error_of([&] {
          static_cast<void>(connect("tcp://127.0.0.1:" + port, options));
        }).category() == ErrorCategory::usage);
}

TEST_CASE("ip: --bind is an address, with or without a port", "[ip][unit]") {
  CHECK(parse_bind_address("::1", AF_UNSPEC) == *SocketAddress::from_ip("::1", 0));
  CHECK(parse_bind_address("[::1]:7", AF_UNSPEC) == *SocketAddress::from_ip("::1", 7));
  CHECK(parse_bind_address("[::1]", AF_UNSPEC) == *SocketAddress::from_ip("::1", 0));
  CHECK(parse_bind_address("127.0.0.1", AF_UNSPEC) == *SocketAddress::from_ip("127.0.0.1", 0));
  CHECK(parse_bind_address("127.0.0.1:70", AF_UNSPEC) == *SocketAddress::from_ip("127.0.0.1", 70));
  CHECK(parse_bind_address(":7", AF_INET) == *SocketAddress::from_ip("0.0.0.0", 7));
  CHECK(parse_bind_address(":7", AF_INET6) == *SocketAddress::from_ip("::", 7));
  for (const char* bad :
       {"", "host", "127.0.0.1:", "127.0.0.1:70000", "[::1]7", "[::1", ":", ":x", ":70000"}) {
    CAPTURE(bad);
    CHECK_THROWS_AS(parse_bind_address(bad, AF_UNSPEC), Error);
  }
}

TEST_CASE("udp: a wildcard server answers from the address it was asked at", "[ip][loopback]") {
  auto served = serve("udp4://:0");
  MessagePort& server = port_of(served.front());
  // A connected client only hears the address that it asked.
  Connection client = connect("udp://127.0.0.77:" + std::to_string(*served[0].endpoint.port));
  Batch batch{4, 64};
  REQUIRE(send_message(port_of(client), batch, pattern(9)).messages == 1);
  REQUIRE(await_messages(server, batch).messages == 1);
  REQUIRE(server.send(batch).messages == 1);
  REQUIRE(await_messages(port_of(client), batch).messages == 1);
  CHECK(content(batch.filled()[0]) == pattern(9));
}

TEST_CASE("udp: a wildcard server answers over IPv6, too", "[ip][loopback]") {
  if (!has_ipv6()) return;
  auto served = serve("udp6://:0");
  MessagePort& server = port_of(served.front());
  Connection client = connect("udp://[::1]:" + std::to_string(*served[0].endpoint.port));
  Batch batch{4, 64};
  REQUIRE(send_message(port_of(client), batch, pattern(9)).messages == 1);
  REQUIRE(await_messages(server, batch).messages == 1);
  REQUIRE(server.send(batch).messages == 1);
  CHECK(await_messages(port_of(client), batch).messages == 1);
}

TEST_CASE("udp: clients that vanish never stop the server", "[ip][loopback]") {
  auto served = serve("udp://127.0.0.1:0");
  MessagePort& server = port_of(served.front());
  Batch batch{32, 64};
  for (int i = 0; i < 5; ++i) {
    {
      Connection gone = connect(served.front().endpoint.uri);
      REQUIRE(send_message(port_of(gone), batch, pattern(4)).messages == 1);
    }
    REQUIRE(await_messages(server, batch).messages == 1);
    CHECK(server.send(batch).messages == 1);
    CHECK(server.receive(batch).status == IoStatus::would_block);
  }
}

TEST_CASE("udp: a name whose first address refuses is tried at the next", "[ip][loopback]") {
  if (!has_ipv6()) return;
  auto served = serve("udp6://[::1]:0");
  MessagePort& server = port_of(served.front());
  // 127.0.0.1 comes first, and nobody is there.
  Connection client = connect("udp://localhost:" + std::to_string(*served[0].endpoint.port));
  CHECK(client.peer.address == "127.0.0.1");
  Batch batch{4, 65'536};
  const Bytes large = pattern(5000);  // Longer than what a refusal quotes.
  REQUIRE(send_message(port_of(client), batch, large).messages == 1);
  await(port_of(client).fd(), POLLERR);
  CHECK(port_of(client).receive(batch).status == IoStatus::would_block);
  REQUIRE(await_messages(server, batch).messages == 1);
  CHECK(content(batch.filled()[0]) == large);
  REQUIRE(server.send(batch).messages == 1);
  REQUIRE(await_messages(port_of(client), batch).messages == 1);
  CHECK(batch.filled()[0].error == 0);
  CHECK(content(batch.filled()[0]) == large);
  CHECK(port_of(client).features().path->peer()->address == "::1");
}

TEST_CASE("udp: the refusal is told once no address is left", "[ip][loopback]") {
  std::uint16_t free_port = 0;
  {
    const auto served = serve("udp://localhost:0");
    free_port = *served.front().endpoint.port;
  }
  Connection client = connect("udp://localhost:" + std::to_string(free_port));
  Batch batch{4, 1024};
  REQUIRE(send_message(port_of(client), batch, pattern(40)).messages == 1);
  BatchResult result = await_messages(port_of(client), batch);
  REQUIRE(result.status == IoStatus::ok);
  REQUIRE(result.messages == 1);
  CHECK(batch.filled()[0].error == ECONNREFUSED);
  CHECK(content(batch.filled()[0]) == pattern(40));
}

TEST_CASE("udp: a send after a refusal is made again, and every refusal names its payload",
          "[ip][loopback]") {
  std::string uri;
  {
    const auto served = serve("udp://127.0.0.1:0");
    uri = served.front().endpoint.uri;
  }
  Connection client = connect(uri);
  Batch batch{8, 256};
  for (std::size_t i = 1; i <= 5; ++i) {
    REQUIRE(send_message(port_of(client), batch, pattern(i)).messages == 1);
  }
  std::vector<std::size_t> refused;
  while (refused.size() < 5) {
    REQUIRE(await_messages(port_of(client), batch).status == IoStatus::ok);
    for (const Slot& slot : batch.filled()) {
      CHECK(slot.error == ECONNREFUSED);
      CHECK(content(slot) == pattern(slot.size));
      refused.push_back(slot.size);
    }
  }
  CHECK(refused == std::vector<std::size_t>{1, 2, 3, 4, 5});
}

TEST_CASE("udp: what shares a rate is an IPv4 /24, an IPv6 /56 or the loopback", "[ip][unit]") {
  const auto prefix = [](const char* address) {
    const auto parsed = SocketAddress::from_ip(address, 0);
    REQUIRE(parsed);
    return source_prefix(ip_number(*parsed->data()));
  };
  CHECK(prefix("192.0.2.0") == prefix("192.0.2.255"));
  CHECK(prefix("192.0.2.255") != prefix("192.0.3.0"));
  CHECK(prefix("192.0.2.127") == prefix("192.0.2.128"));
  CHECK(prefix("2001:db8::") == prefix("2001:db8:0:ff:ffff:ffff:ffff:ffff"));
  CHECK(prefix("2001:db8:0:7f::") == prefix("2001:db8:0:80::"));
  CHECK(prefix("2001:db8:0:ff::") != prefix("2001:db8:0:100::"));
  CHECK(prefix("::ffff:192.0.2.1") == prefix("192.0.2.2"));
  CHECK(prefix("127.0.0.1") == kLoopbackPrefix);
  CHECK(prefix("::1") == kLoopbackPrefix);
  CHECK(prefix("0.0.0.1") != prefix("::2"));
}

TEST_CASE("udp: a message too long for the transport fails alone", "[ip][loopback]") {
  EchoPair pair{*find_backend("udp")};
  Batch batch{1, 70'000};
  const BatchResult result = send_message(pair.port(), batch, pattern(65'508));
  CHECK(result.status == IoStatus::failed);
  CHECK(result.error == EMSGSIZE);
  CHECK(pair.round_trip(pattern(65'507)) == pattern(65'507));
}

TEST_CASE("acceptor: errors are told apart by what to do about them", "[ip][unit]") {
  CHECK(classify_accept_error(EAGAIN) == AcceptStatus::would_block);
  CHECK(classify_accept_error(ECONNABORTED) == AcceptStatus::retry);
  CHECK(classify_accept_error(EPROTO) == AcceptStatus::retry);
  CHECK(classify_accept_error(EMFILE) == AcceptStatus::exhausted);
  CHECK(classify_accept_error(ENFILE) == AcceptStatus::exhausted);
  CHECK(classify_accept_error(ENOBUFS) == AcceptStatus::exhausted);
  CHECK(classify_accept_error(ENOMEM) == AcceptStatus::exhausted);
  CHECK(classify_accept_error(EBADF) == AcceptStatus::failed);
  CHECK(classify_accept_error(EINVAL) == AcceptStatus::failed);
}

TEST_CASE("ip: hosts and interfaces complete", "[ip][unit]") {
  CHECK(complete_ip("") == std::vector<std::string>{"localhost:", "127.0.0.1:", "[::1]:"});
  CHECK(complete_ip("lo") == std::vector<std::string>{"localhost:"});
  CHECK(complete_ip("[fe80::1%lo") == std::vector<std::string>{"[fe80::1%lo]:"});
  CHECK(complete_ip("localhost:7").empty());
}
