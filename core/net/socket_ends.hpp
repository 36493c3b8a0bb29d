#pragma once

/// \file
/// Events and summaries show who is at the two ends of a connected socket.

#include <optional>

#include "core/net/endpoint.hpp"

namespace netecho {

/// Who is at the other end of a connected descriptor of this kind, and who we are; none if unnamed.
/// Allocates.
[[nodiscard]] std::optional<SocketDescription> describe_peer(int fd, const SocketKind& kind);
[[nodiscard]] std::optional<SocketDescription> describe_local(int fd, const SocketKind& kind);

}  // namespace netecho
