#pragma once

/// \file
/// Frames of Ethernet, echoed by the Configuration Testing Protocol. `serve` and its clients name
/// an interface; a client that names no station asks all there are.

#include "protocols/registry.hpp"

namespace netecho {

inline constexpr SocketKind kPacketKind{
    .scheme = "packet", .transport = "packet", .type = SocketType::datagram};

[[nodiscard]] Backend packet_backend() noexcept;

}  // namespace netecho
