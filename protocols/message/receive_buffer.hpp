#pragma once

/// \file
/// Datagrams that come in a burst need room.

#include <sys/socket.h>

#include "core/net/socket_options.hpp"

namespace netecho {

/// A burst that does not fit is lost without a word, and would look like the network's doing. The
/// kernel gives as much of this as it allows (net.core.rmem_max).
inline void enlarge_receive_buffer(int fd, const SocketOptions& options) noexcept {
  constexpr int kWishedBytes = 4 * 1024 * 1024;
  if (options.receive_buffer_bytes) return;
  static_cast<void>(::setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &kWishedBytes, sizeof kWishedBytes));
}

}  // namespace netecho
