#pragma once

/// \file
/// A transport hands a bound endpoint of `serve` to the server, not watched yet.

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/net/endpoint.hpp"
#include "core/seam/acceptor.hpp"
#include "core/seam/byte_channel.hpp"
#include "core/seam/message_port.hpp"
#include "core/seam/wire_format.hpp"

namespace netecho {

/// A bound socket of `serve` is a listener, a message socket, or (inherited from inetd) one
/// connected stream.
using ServedSocket =
    std::variant<std::unique_ptr<Acceptor>, std::unique_ptr<MessagePort>, ByteChannel>;

struct Served {
  ServedSocket socket;
  /// Each further thread has a socket that shares the port, or the same socket. There are fewer
  /// than threads if it cannot be shared.
  std::vector<ServedSocket> siblings{};
  SocketDescription endpoint;              ///< As bound: the real port.
  SocketKind kind{};                       ///< All of its sockets are so, connections too.
  std::string_view wire_format = kFrames;  ///< Which responder answers its messages.
  bool inherited = false;
  bool records = false;  ///< An Acceptor whose connections carry records: use make_port().
  /// Removes what binding created (the socket file), if it is still ours. May be empty.
  std::shared_ptr<void> cleanup{};
  /// All of its sockets are bound to this interface, and hear nothing once it is deleted. Empty: to
  /// none.
  std::string interface {};
  /// Binds all of them once more, to the same address and to the interface that has this name now.
  /// Called from one thread. Throws Error. Null: this process cannot.
  std::function<Served()> bind_again{};
};

}  // namespace netecho
