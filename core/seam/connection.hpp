#pragma once

/// \file
/// A transport hands this to a client engine: who is connected to whom, and through what.

#include <memory>
#include <optional>
#include <utility>
#include <variant>

#include "core/base/units.hpp"
#include "core/net/endpoint.hpp"
#include "core/seam/byte_channel.hpp"
#include "core/seam/features.hpp"
#include "core/seam/message_port.hpp"

namespace netecho {

/// This is a client's connection (or connected message socket).
struct Connection {
  std::variant<ByteChannel, std::unique_ptr<MessagePort>> socket;
  SocketDescription peer;
  std::optional<SocketDescription> local;
  std::optional<Duration> connect_time;  ///< None where connecting exchanges nothing (datagrams).
};

/// A connected message socket, whose ends its port knows. REQUIRES: it has a Path with a peer.
[[nodiscard]] inline Connection connection_over(std::unique_ptr<MessagePort> port) {
  const Path& path = *port->features().path;
  SocketDescription peer = *path.peer();
  std::optional<SocketDescription> local = path.local();
  return {.socket = std::move(port),
          .peer = std::move(peer),
          .local = std::move(local),
          .connect_time = std::nullopt};
}

}  // namespace netecho
