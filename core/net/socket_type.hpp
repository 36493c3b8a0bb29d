#pragma once

/// \file
/// Turns the type of a socket into what socket(2) and getaddrinfo(3) call it.

#include <sys/socket.h>

#include "core/net/endpoint.hpp"

namespace netecho {

[[nodiscard]] constexpr int native_type(SocketType type) noexcept {
  switch (type) {
    case SocketType::stream:
      return SOCK_STREAM;
    case SocketType::datagram:
      return SOCK_DGRAM;
    case SocketType::seqpacket:
      return SOCK_SEQPACKET;
  }
  return SOCK_STREAM;
}

}  // namespace netecho
