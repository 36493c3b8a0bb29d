#pragma once

/// \file
/// What a transport hands to a client engine: who is connected to whom, and through what.

#include <memory>
#include <optional>
#include <variant>

#include "core/base/units.hpp"
#include "core/net/endpoint.hpp"
#include "core/seam/byte_channel.hpp"
#include "core/seam/message_port.hpp"

namespace netecho {

/// A client's connection (or connected message socket).
struct Connection {
  std::variant<ByteChannel, std::unique_ptr<MessagePort>> socket;
  SocketDescription peer;
  std::optional<SocketDescription> local;
  std::optional<Duration> connect_time;  ///< None where connecting exchanges nothing (datagrams).
};

}  // namespace netecho
