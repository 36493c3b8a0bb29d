#pragma once

/// \file
/// Events and summaries show who is at the two ends of a connected socket.

#include <optional>

#include "core/net/endpoint.hpp"

namespace netecho {

/// These describe the other end of a connected descriptor, and our own; none if unnamed. They
/// allocate.
[[nodiscard]] std::optional<SocketDescription> describe_peer(int fd);
[[nodiscard]] std::optional<SocketDescription> describe_local(int fd);

}  // namespace netecho
