#pragma once

/// \file
/// A transport hands this to a client engine: who is connected to whom, and through what.

#include <concepts>
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

/// A connected message socket, whose ends its port knows. REQUIRES: it has a peer.
template <class Port>
requires std::derived_from<Port, MessagePort> && std::derived_from<Port, Path>
[[nodiscard]] Connection connection_over(std::unique_ptr<Port> port) {
  std::optional<SocketDescription> peer = port->peer();
  std::optional<SocketDescription> local = port->local();
  return {.socket = std::move(port),
          .peer = std::move(*peer),
          .local = std::move(local),
          .connect_time = std::nullopt};
}

}  // namespace netecho
