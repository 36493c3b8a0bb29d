#pragma once

/// \file
/// Each message of this port is one connection; `probe --mode connect` measures it.

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/net/socket_address.hpp"
#include "core/seam/message_port.hpp"

namespace netecho {

struct ConnectTarget {
  std::vector<SocketAddress> addresses;  ///< At least one, in the order of the look-up.
  SocketKind kind;
  std::string subject;  ///< The endpoint as typed.
  /// Sets the options of a socket and binds it, before connect(). Throws Error for what cannot
  /// hold.
  std::function<void(int fd, const SocketAddress& peer)> prepare;
};

/// send() starts a connection for each slot (T1 before its first connect()); receive() gives the
/// slot's bytes back once it is made, refused or not made within `timeout`, and closes it. Each is
/// the first that stands of all addresses, tried as in RFC 8305, section 5; Senders says which.
/// Throws Error for options that cannot hold.
[[nodiscard]] std::unique_ptr<MessagePort> make_connect_port(ConnectTarget target,
                                                             Duration timeout);

}  // namespace netecho
