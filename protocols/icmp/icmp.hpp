#pragma once

/// \file
/// Echo over ICMP (RFC 792, RFC 4443), for clients only: the kernel of each host answers pings by
/// itself. Clients take a ping socket or, where they may not have one, a raw socket.

#include "protocols/registry.hpp"

namespace netecho {

inline constexpr SocketKind kIcmpKind{
    .scheme = "icmp", .transport = "icmp", .type = SocketType::datagram, .has_ports = false};

[[nodiscard]] Backend icmp_backend() noexcept;

}  // namespace netecho
