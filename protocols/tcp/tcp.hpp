#pragma once

/// \file
/// TCP over IPv4 or IPv6 (RFC 9293).

#include "protocols/registry.hpp"

namespace netecho {

inline constexpr SocketKind kTcpKind{
    .scheme = "tcp", .transport = "tcp", .type = SocketType::stream};

[[nodiscard]] Backend tcp_backend() noexcept;

}  // namespace netecho
