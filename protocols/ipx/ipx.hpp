#pragma once

/// \file
/// Novell's IPX in user space, over frames of Ethernet: the echoes of XNS (Cisco) and NLSP. `serve`
/// names an interface, and a net if it is to answer for that alone; a client that names no node
/// asks all there are.

#include "protocols/registry.hpp"

namespace netecho {

inline constexpr SocketKind kIpxKind{
    .scheme = "ipx", .transport = "ipx", .type = SocketType::datagram};

[[nodiscard]] Backend ipx_backend() noexcept;

}  // namespace netecho
