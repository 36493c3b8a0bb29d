#pragma once

/// \file
/// Which frames of an interface the kernel passes to a server and to a client of IPX.

#include <cstdint>

#include "core/codec/ipx.hpp"
#include "protocols/link/link_filter.hpp"

namespace netecho {

/// A server's socket hears frames of every kind (ETH_P_ALL), as IPX comes in several. Lets through
/// what goes to the socket of an echo, in any framing.
[[nodiscard]] LinkFilter echo_requests();

/// Lets through what begins as an answer to this question; all else is for others.
[[nodiscard]] LinkFilter answers_to(const IpxQuestion& question);

}  // namespace netecho
