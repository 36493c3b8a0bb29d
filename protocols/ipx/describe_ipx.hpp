#pragma once

/// \file
/// Stations of IPX in words.

#include <optional>
#include <string>

#include "core/codec/ipx.hpp"
#include "core/net/endpoint.hpp"

namespace netecho {

/// Describes a station behind `interface`, or where there is no address, all of them.
[[nodiscard]] SocketDescription describe_ipx(const SocketKind& kind, const std::string& interface,
                                             const std::optional<IpxAddress>& address);

}  // namespace netecho
