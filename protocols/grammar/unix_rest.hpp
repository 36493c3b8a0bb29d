#pragma once

/// \file
/// A path, or "@" and an abstract name, stands behind a unix scheme. Its bytes are raw: nothing is
/// decoded, padded or cut.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "core/net/endpoint.hpp"
#include "core/net/socket_address.hpp"

namespace netecho {

/// sun_path holds 108: a path needs its final NUL, an abstract name its leading one.
inline constexpr std::size_t kLongestUnixName = 107;

/// Checks a path or "@name" and returns it as it is. `typed` is for the message.
std::string check_unix_rest(std::string_view rest, std::string_view typed);

/// REQUIRES: `rest` was checked.
[[nodiscard]] SocketAddress unix_address(std::string_view rest);

/// The `target` object of a unix endpoint.
[[nodiscard]] SocketDescription describe_unix_endpoint(const Endpoint& endpoint,
                                                       const SocketKind& kind);

}  // namespace netecho
