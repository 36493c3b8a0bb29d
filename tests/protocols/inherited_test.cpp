#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include "core/net/socket_address.hpp"
#include "protocols/inherited/inherited.hpp"
#include "tests/protocols/echo_pair.hpp"

using namespace netecho;
using namespace netecho::test;

namespace {

Endpoint endpoint_of(int fd) {
  return parse_endpoint("fd:" + std::to_string(fd), Role::serve);
}

Served serve_fd(UniqueFd fd) {
  const Endpoint endpoint = endpoint_of(fd.get());
  Served out = std::move(backend_of(endpoint).serve(endpoint, {}).front());
  static_cast<void>(fd.release());
  CHECK(out.inherited);
  CHECK(out.cleanup == nullptr);
  return out;
}

std::string refusal(int fd) {
  const Endpoint endpoint = endpoint_of(fd);
  try {
    static_cast<void>(backend_of(endpoint).serve(endpoint, {}));
    return {};
  } catch (const Error& error) {
    CHECK(error.category() == ErrorCategory::connect);
    return error.reason();
  }
}

UniqueFd bound_ip(int type) {
  UniqueFd fd{::socket(AF_INET, type, 0)};
  const SocketAddress address = *SocketAddress::from_ip("127.0.0.1", 0);
  REQUIRE(::bind(fd.get(), address.data(), address.size()) == 0);
  return fd;
}

/// From now on what others send to `fd` is refused, with an ICMP error: it is connected to itself.
void turn_away(int fd) {
  const SocketAddress self = local_address(fd);
  REQUIRE(::connect(fd, self.data(), self.size()) == 0);
}

std::string named(int fd, const std::string& what) {
  return "descriptor " + std::to_string(fd) + " " + what;
}

}  // namespace

TEST_CASE("inherited: fd and sd endpoints have one spelling", "[inherited][unit]") {
  CHECK(parse_endpoint("fd:3", Role::serve).uri() == "fd://3");
  CHECK(parse_endpoint("FD://003", Role::serve).uri() == "fd://3");
  CHECK(parse_endpoint("sd:", Role::serve).uri() == "sd://");
  CHECK(parse_endpoint("sd:web.socket", Role::serve).uri() == "sd://web.socket");
  for (const char* bad : {"fd:", "fd:x", "fd:-1", "fd:99999999999", "sd:a:b", "sd:\n"}) {
    CAPTURE(bad);
    CHECK_THROWS_AS(parse_endpoint(bad, Role::serve), Error);
  }
}

TEST_CASE("inherited: a TCP listener is served", "[inherited][loopback]") {
  UniqueFd fd = bound_ip(SOCK_STREAM);
  REQUIRE(::listen(fd.get(), 4) == 0);
  const int number = fd.get();
  const Endpoint endpoint = endpoint_of(number);
  CHECK(backend_of(endpoint).describe(endpoint).transport == "tcp");
  const Served served = serve_fd(std::move(fd));
  CHECK(served.endpoint.transport == "tcp");
  CHECK((::fcntl(number, F_GETFL) & O_NONBLOCK) != 0);
  CHECK((::fcntl(number, F_GETFD) & FD_CLOEXEC) != 0);
  const Endpoint target = parse_endpoint(served.endpoint.uri, Role::client);
  const Connection client = backend_of(target).connect(target, {});
  auto& acceptor = *std::get<std::unique_ptr<Acceptor>>(served.socket);
  await(acceptor.fd(), POLLIN);
  UniqueFd accepted;
  CHECK(acceptor.accept(accepted).status == AcceptStatus::accepted);
}

TEST_CASE("inherited: a bound datagram socket is served", "[inherited][loopback]") {
  const Served served = serve_fd(bound_ip(SOCK_DGRAM));
  const Endpoint target = parse_endpoint(served.endpoint.uri, Role::client);
  CHECK(target.scheme == "udp4");
  Connection client = backend_of(target).connect(target, {});
  auto& port = *std::get<std::unique_ptr<MessagePort>>(client.socket);
  auto& server = *std::get<std::unique_ptr<MessagePort>>(served.socket);
  Batch batch{2, 64};
  REQUIRE(send_message(port, batch, pattern(5)).messages == 1);
  REQUIRE(await_messages(server, batch).messages == 1);
  REQUIRE(server.send(batch).messages == 1);
  CHECK(await_messages(port, batch).messages == 1);
}

TEST_CASE("inherited: an error that was there before the server does not end it",
          "[inherited][loopback]") {
  UniqueFd fd = bound_ip(SOCK_DGRAM);
  const int on = 1;
  REQUIRE(::setsockopt(fd.get(), IPPROTO_IP, IP_RECVERR, &on, sizeof on) == 0);
  const UniqueFd gone = bound_ip(SOCK_DGRAM);
  turn_away(gone.get());
  const SocketAddress nobody = local_address(gone.get());
  REQUIRE(::sendto(fd.get(), "x", 1, 0, nobody.data(), nobody.size()) == 1);
  await(fd.get(), POLLERR);
  const Served served = serve_fd(std::move(fd));
  const Endpoint target = parse_endpoint(served.endpoint.uri, Role::client);
  Connection client = backend_of(target).connect(target, {});
  Batch batch{2, 64};
  REQUIRE(send_message(*std::get<std::unique_ptr<MessagePort>>(client.socket), batch, pattern(5))
              .messages == 1);
  CHECK(await_messages(*std::get<std::unique_ptr<MessagePort>>(served.socket), batch).messages ==
        1);
}

TEST_CASE("inherited: a connected datagram socket outlives its peer's refusals",
          "[inherited][loopback]") {
  UniqueFd fd = bound_ip(SOCK_DGRAM);
  const UniqueFd peer = bound_ip(SOCK_DGRAM);
  const SocketAddress there = local_address(peer.get());
  const SocketAddress here = local_address(fd.get());
  REQUIRE(::connect(fd.get(), there.data(), there.size()) == 0);
  for (int i = 0; i < 2; ++i) {
    REQUIRE(::sendto(peer.get(), "x", 1, 0, here.data(), here.size()) == 1);
  }
  const Served served = serve_fd(std::move(fd));
  MessagePort& server = *std::get<std::unique_ptr<MessagePort>>(served.socket);
  Batch first{1, 64};
  Batch second{1, 64};
  REQUIRE(await_messages(server, first).messages == 1);
  REQUIRE(await_messages(server, second).messages == 1);
  turn_away(peer.get());
  CHECK(server.send(first).messages == 1);
  await(server.fd(), POLLERR);
  CHECK(server.send(second).messages == 1);  // Not the first one's error.
  await(server.fd(), POLLERR);
  CHECK(server.receive(first).status == IoStatus::would_block);
}

TEST_CASE("inherited: one connected stream is served, named or not", "[inherited][loopback]") {
  std::array<int, 2> ends{};
  REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()) == 0);
  const UniqueFd parent{ends[0]};
  const int number = ends[1];
  const Served served = serve_fd(UniqueFd{number});
  CHECK(served.endpoint.uri == "fd://" + std::to_string(number));
  CHECK(served.endpoint.transport == "unix");
  REQUIRE(::send(parent.get(), "abc", 3, 0) == 3);
  const auto& channel = std::get<ByteChannel>(served.socket);
  Bytes buffer(8);
  CHECK(channel.read_some(buffer).bytes == 3);
}

TEST_CASE("inherited: a unix listener keeps its file", "[inherited][loopback]") {
  const TempFolder folder;
  const std::string path = folder.file("s");
  for (const int type : {SOCK_STREAM, SOCK_SEQPACKET}) {
    UniqueFd fd{::socket(AF_UNIX, type, 0)};
    const SocketAddress address = SocketAddress::from_unix_path(path);
    REQUIRE(::bind(fd.get(), address.data(), address.size()) == 0);
    REQUIRE(::listen(fd.get(), 4) == 0);
    {
      const Served served = serve_fd(std::move(fd));
      CHECK(served.endpoint.path == path);
      CHECK(served.records == (type == SOCK_SEQPACKET));
    }
    CHECK(::unlink(path.c_str()) == 0);
  }
}

TEST_CASE("inherited: what can't be served is refused with its reason", "[inherited][loopback]") {
  CHECK(refusal(987'654) == named(987'654, "is not open"));
  const UniqueFd file{::open("/dev/null", O_RDONLY | O_CLOEXEC)};
  CHECK(refusal(file.get()) == named(file.get(), "is not a socket"));
  const UniqueFd idle = bound_ip(SOCK_STREAM);
  CHECK(refusal(idle.get()) == named(idle.get(), "neither listens nor is connected"));
  const UniqueFd unbound{::socket(AF_INET, SOCK_DGRAM, 0)};
  CHECK(refusal(unbound.get()) == named(unbound.get(), "is not bound to an address"));
  const UniqueFd unnamed{::socket(AF_UNIX, SOCK_DGRAM, 0)};
  CHECK(refusal(unnamed.get()) == named(unnamed.get(), "is not bound to an address"));
  const UniqueFd netlink{::socket(AF_NETLINK, SOCK_RAW, 0)};
  CHECK(refusal(netlink.get()) ==
        named(netlink.get(), "is a socket of a family that netecho does not serve"));
  // None of them was taken: each can still be closed by its owner.
  CHECK(::fcntl(file.get(), F_GETFD) >= 0);
}

TEST_CASE("inherited: a ping socket is none of UDP, though it is one of datagrams",
          "[inherited][loopback]") {
  const UniqueFd fd{::socket(AF_INET, SOCK_DGRAM, IPPROTO_ICMP)};
  if (!fd.valid()) {
    WARN("skipped: no ping socket here: " << errno_name(errno));
    return;
  }
  const SocketAddress address = *SocketAddress::from_ip("127.0.0.1", 0);
  REQUIRE(::bind(fd.get(), address.data(), address.size()) == 0);
  const Endpoint endpoint = endpoint_of(fd.get());
  const SocketDescription known = backend_of(endpoint).describe(endpoint);
  CHECK(known.uri == endpoint.uri());
  CHECK(known.transport.empty());
  CHECK_FALSE(known.port.has_value());
  CHECK(refusal(fd.get()) ==
        named(fd.get(),
              "is a ping socket, which gets answers alone: the kernel answers pings by "
              "itself"));
}

TEST_CASE("inherited: a socket of frames is opened by netecho alone", "[inherited][loopback]") {
  const UniqueFd fd{::socket(AF_PACKET, SOCK_DGRAM, 0)};
  if (!fd.valid()) {
    WARN("skipped: no socket of frames here: " << errno_name(errno));
    return;
  }
  const Endpoint endpoint = endpoint_of(fd.get());
  CHECK(backend_of(endpoint).describe(endpoint).transport.empty());
  CHECK(refusal(fd.get()) == named(fd.get(),
                                   "is a socket of frames, which netecho opens by itself: serve "
                                   "packet://INTERFACE"));
}

TEST_CASE("inherited: sd without passed sockets says so", "[inherited][unit]") {
  const Endpoint endpoint = parse_endpoint("sd:", Role::serve);
  try {
    static_cast<void>(backend_of(endpoint).serve(endpoint, {}));
    FAIL("served");
  } catch (const Error& error) {
    CHECK(error.category() == ErrorCategory::connect);
    CHECK(error.reason() == "no socket was passed to this process (LISTEN_FDS, LISTEN_PID)");
  }
}
