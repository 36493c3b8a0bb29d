#pragma once

/// \file
/// A transport hands this to a client engine: who is connected to whom, and through what.

#include <memory>
#include <optional>
#include <variant>

#include "core/base/units.hpp"
#include "core/net/endpoint.hpp"
#include "core/seam/byte_channel.hpp"
#include "core/seam/message_port.hpp"

namespace netecho {

/// This is a client's connection (or connected message socket).
struct Connection {
  std::variant<ByteChannel, std::unique_ptr<MessagePort>> socket;
  SocketDescription peer;
  std::optional<SocketDescription> local;
  std::optional<Duration> connect_time;  ///< None where connecting exchanges nothing (datagrams).
};

}  // namespace netecho
