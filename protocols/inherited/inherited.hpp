#pragma once

/// \file
/// A parent opened these sockets: `fd:N` (inetd, a shell), `sd:[NAME]` (systemd's LISTEN_FDS). They
/// are taken for what SO_DOMAIN, SO_TYPE and SO_ACCEPTCONN say they are.

#include "protocols/registry.hpp"

namespace netecho {

[[nodiscard]] Backend inherited_backend() noexcept;

/// Takes `fd` over: a listener, a bound datagram socket, or one connected stream. It is never shut
/// down for the parent nor its path unlinked. Throws Error (connect) for anything else.
[[nodiscard]] Served adopt(int fd, const Endpoint& endpoint, const ServeOptions& options);

}  // namespace netecho
