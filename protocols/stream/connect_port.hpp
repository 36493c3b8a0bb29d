#pragma once

/// \file
/// A port whose every message is one connection: what `probe --mode connect` measures.

#include <memory>
#include <string>

#include "core/net/socket_address.hpp"
#include "protocols/registry.hpp"

namespace netecho {

struct ConnectTarget {
  SocketAddress address;
  int kernel_type = SOCK_STREAM;
  SocketOptionSet honoured = 0;
  std::string subject;  ///< The endpoint as typed.
};

/// send() starts a connection for each slot (T1 before connect()); receive() gives the slot's bytes
/// back once it is made, refused or not made within the options' connect_timeout, and closes it.
/// Throws Error for options that cannot hold.
[[nodiscard]] std::unique_ptr<MessagePort> make_connect_port(ConnectTarget target,
                                                             const ConnectOptions& options);

}  // namespace netecho
