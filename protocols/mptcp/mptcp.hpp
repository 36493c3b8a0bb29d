#pragma once

/// \file
/// Multipath TCP (RFC 8684): a TCP connection whose bytes may take several paths, its subflows. The
/// kernel adds and removes them as its path manager says (`ip mptcp`), and falls back to plain TCP
/// where the peer or something on the way knows no MPTCP. Everything else is TCP's.

#include <netinet/in.h>

#include "protocols/registry.hpp"

namespace netecho {

inline constexpr SocketKind kMptcpKind{
    .scheme = "mptcp", .transport = "mptcp", .type = SocketType::stream, .protocol = IPPROTO_MPTCP};

[[nodiscard]] Backend mptcp_backend() noexcept;

}  // namespace netecho
