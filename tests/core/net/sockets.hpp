#pragma once

/// \file
/// Loopback sockets for tests: ports and names that the kernel picks, nothing left behind.

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <utility>

#include "core/base/error.hpp"
#include "core/base/unique_fd.hpp"
#include "core/net/socket_address.hpp"
#include "tests/support/catch.hpp"

namespace netecho::testing {

inline constexpr SocketKind kTcp{"tcp", "tcp", SocketType::stream};
inline constexpr SocketKind kUdp{"udp", "udp", SocketType::datagram};

inline std::pair<UniqueFd, UniqueFd> socket_pair(int type = SOCK_STREAM) {
  std::array<int, 2> fds{};
  REQUIRE(::socketpair(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds.data()) == 0);
  return {UniqueFd{fds[0]}, UniqueFd{fds[1]}};
}

/// Bound, so that nobody else can have its address, but not listening.
inline UniqueFd bound_socket(const SocketAddress& address, int type = SOCK_STREAM) {
  UniqueFd fd{::socket(address.family(), type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
  REQUIRE(fd.valid());
  REQUIRE(::bind(fd.get(), address.data(), address.size()) == 0);
  return fd;
}

inline UniqueFd listening(const SocketAddress& address, int backlog = 16, int type = SOCK_STREAM) {
  UniqueFd fd = bound_socket(address, type);
  REQUIRE(::listen(fd.get(), backlog) == 0);
  return fd;
}

inline SocketAddress any_port(const char* ip = "127.0.0.1") {
  return *SocketAddress::from_ip(ip, 0);
}

/// The kernel gives it an abstract name of its own (unix(7), "autobind").
inline SocketAddress any_unix_name() {
  const sockaddr address{AF_UNIX, {}};
  return {&address, sizeof(sa_family_t)};
}

}  // namespace netecho::testing
