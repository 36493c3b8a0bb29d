// What is MPTCP's own: its protocol, its options, and what the kernel tells of a connection. That
// it echoes is shown by the conformance suite, and what a second path does by e2e/mptcp_test.py.

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "core/net/path_info.hpp"
#include "tests/protocols/echo_pair.hpp"

using namespace netecho;
using namespace netecho::test;

namespace {

const Backend& mptcp() {
  return *find_backend("mptcp");
}

/// A test ends here, and says why, where the kernel has no MPTCP.
bool kernel_lacks_it() {
  const bool lacking = is_lacking(mptcp());
  if (lacking) WARN("skipped: this kernel has no MPTCP");
  return lacking;
}

int option(int fd, int level, int name) {
  int value = -1;
  socklen_t size = sizeof value;
  REQUIRE(::getsockopt(fd, level, name, &value, &size) == 0);
  return value;
}

/// A listener of this scheme, and a client of that one, which need not be the same.
struct Mixed {
  Mixed(const std::string& server, const std::string& client)
      : served{find_backend(server)->serve(parse_endpoint(server + "://127.0.0.1:0", Role::serve),
                                           {})},
        connection{connect(client)} {
    auto& acceptor = *std::get<std::unique_ptr<Acceptor>>(served.front().socket);
    await(acceptor.fd(), POLLIN);
    REQUIRE(acceptor.accept(accepted).status == AcceptStatus::accepted);
  }

  [[nodiscard]] Connection connect(const std::string& scheme) const {
    const std::string port = std::to_string(*served.front().endpoint.port);
    const Endpoint target = parse_endpoint(scheme + "://127.0.0.1:" + port, Role::client);
    return backend_of(target).connect(target, {});
  }
  [[nodiscard]] int client() { return std::get<ByteChannel>(connection.socket).fd(); }

  std::vector<Served> served;
  Connection connection;
  UniqueFd accepted;
};

}  // namespace

TEST_CASE("mptcp: both ends have sockets of its protocol", "[mptcp][loopback]") {
  if (kernel_lacks_it()) return;
  Mixed pair{"mptcp", "mptcp"};
  CHECK(option(pair.client(), SOL_SOCKET, SO_PROTOCOL) == IPPROTO_MPTCP);
  CHECK(option(pair.accepted.get(), SOL_SOCKET, SO_PROTOCOL) == IPPROTO_MPTCP);
  CHECK(pair.served.front().endpoint.transport == "mptcp");
  CHECK(pair.connection.peer.uri.starts_with("mptcp4://127.0.0.1:"));
  REQUIRE(pair.connection.local);
  CHECK(pair.connection.local->uri.starts_with("mptcp4://127.0.0.1:"));
}

TEST_CASE("mptcp: the kernel tells what became of a connection", "[mptcp][loopback]") {
  if (kernel_lacks_it()) return;
  Mixed both{"mptcp", "mptcp"};
  PathInfo path = path_info(both.client());
  REQUIRE(path.mptcp);
  CHECK_FALSE(path.mptcp->fallback);
  CHECK(path.mptcp->subflows >= 1);  // More where this machine has endpoints for its loopback.
  CHECK(path.tcp_info);
  CHECK(path.path_mtu_bytes > 0U);

  Mixed plain_server{"tcp", "mptcp"};
  path = path_info(plain_server.client());
  REQUIRE(path.mptcp);
  CHECK(path.mptcp->fallback);
  CHECK(path.mptcp->subflows == 1);
  CHECK(path.tcp_info);
  CHECK(path.path_mtu_bytes > 0U);

  Mixed plain_client{"mptcp", "tcp"};
  CHECK_FALSE(path_info(plain_client.client()).mptcp);
}

TEST_CASE("mptcp: of a connection that is not, or no more, nothing is told", "[mptcp][loopback]") {
  if (kernel_lacks_it()) return;
  const UniqueFd fresh{::socket(AF_INET, SOCK_STREAM, IPPROTO_MPTCP)};
  CHECK_FALSE(path_info(fresh.get()).mptcp);

  Mixed pair{"mptcp", "mptcp"};
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  REQUIRE(::setsockopt(pair.accepted.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once) == 0);
  pair.accepted.reset();
  Bytes buffer(1);
  const auto& channel = std::get<ByteChannel>(pair.connection.socket);
  CHECK(await_bytes(channel, buffer).error == ECONNRESET);
  CHECK_FALSE(path_info(pair.client()).mptcp);
}

TEST_CASE("mptcp: accepted connections have the listener's options", "[mptcp][loopback]") {
  if (kernel_lacks_it()) return;
  ServeOptions options;
  options.socket.tos = 0x20;
  options.socket.keepalive = Keepalive{.idle = std::chrono::seconds{7}, .interval = {}, .count = 3};
  // A client without MPTCP gets another kind of socket.
  for (const std::string scheme : {"mptcp", "tcp"}) {
    CAPTURE(scheme);
    auto served = mptcp().serve(parse_endpoint("mptcp://127.0.0.1:0", Role::serve), options);
    const std::string port = std::to_string(*served.front().endpoint.port);
    const Endpoint target = parse_endpoint(scheme + "://127.0.0.1:" + port, Role::client);
    const Connection client = backend_of(target).connect(target, {});
    auto& acceptor = *std::get<std::unique_ptr<Acceptor>>(served.front().socket);
    await(acceptor.fd(), POLLIN);
    UniqueFd fd;
    REQUIRE(acceptor.accept(fd).status == AcceptStatus::accepted);
    CHECK(option(fd.get(), IPPROTO_TCP, TCP_NODELAY) == 1);
    CHECK(option(fd.get(), SOL_SOCKET, SO_KEEPALIVE) == 1);
    CHECK(option(fd.get(), IPPROTO_TCP, TCP_KEEPIDLE) == 7);
    CHECK(option(fd.get(), IPPROTO_TCP, TCP_KEEPCNT) == 3);
    CHECK(option(fd.get(), IPPROTO_IP, IP_TOS) == 0x20);
  }
}

TEST_CASE("mptcp: urgent data of a client without it stays in line", "[mptcp][loopback]") {
  if (kernel_lacks_it()) return;
  Mixed pair{"mptcp", "tcp"};
  REQUIRE(::send(pair.client(), "ab", 2, MSG_OOB) == 2);
  REQUIRE(::send(pair.client(), "c", 1, 0) == 1);
  std::string got;
  while (got.size() < 3) {
    await(pair.accepted.get(), POLLIN);
    std::array<char, 8> buffer{};
    const ssize_t size = ::recv(pair.accepted.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    REQUIRE(size > 0);
    got.append(buffer.data(), static_cast<std::size_t>(size));
  }
  CHECK(got == "abc");
}

TEST_CASE("mptcp: an inherited listener is called what it is", "[mptcp][inherited][loopback]") {
  if (kernel_lacks_it()) return;
  UniqueFd fd{::socket(AF_INET, SOCK_STREAM, IPPROTO_MPTCP)};
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  REQUIRE(::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  REQUIRE(::listen(fd.get(), 4) == 0);
  const Endpoint endpoint = parse_endpoint("fd:" + std::to_string(fd.get()), Role::serve);
  CHECK(backend_of(endpoint).describe(endpoint).transport == "mptcp");
  const auto served = backend_of(endpoint).serve(endpoint, {});
  static_cast<void>(fd.release());
  CHECK(served.front().endpoint.uri.starts_with("mptcp4://127.0.0.1:"));
}

TEST_CASE("mptcp: it promises no option that its sockets lack", "[mptcp][unit]") {
  const Capabilities& can = mptcp().capabilities;
  const SocketOptionSet lacking = kOptionTtl | kOptionDontFragment;
  CHECK((can.serve_options & lacking) == 0);
  CHECK((can.client_options & lacking) == 0);
  CHECK_FALSE(can.kernel_stamps);
}
