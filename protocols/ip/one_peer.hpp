#pragma once

/// \file
/// Some addresses cannot be a client's peer: an echo comes from one host, and a link-local address
/// alone does not tell which. These functions say so, and what to write instead.

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/base/error.hpp"
#include "core/net/socket_address.hpp"
#include "core/net/socket_options.hpp"

namespace netecho {

/// Leaves out link-local addresses that say no interface and get it from no option (-I, or the
/// zone of -B). If none is left: a usage Error with the spelling that works where the user wrote
/// the address, Error (connect) where a look-up gave it.
void require_zones(const Endpoint& endpoint, std::vector<SocketAddress>& addresses,
                   const SocketOptions& options);

/// A connect() that failed, or Error (connect) that says why where the address is one that many
/// answer: broadcast addresses of this host's networks have no look of their own.
[[nodiscard]] Error connect_error(const Endpoint& endpoint, const SocketAddress& peer, int error);
/// Returns the error of the first of `addresses` that is a broadcast address; none if none is.
[[nodiscard]] std::optional<Error> broadcast_error(const Endpoint& endpoint,
                                                   std::span<const SocketAddress> addresses,
                                                   int error);

}  // namespace netecho
