#pragma once

/// \file
/// The addresses of IPX as they are typed and written: `0000002a.0200c0a80001`, `0002`.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/mac_address.hpp"

namespace netecho {

struct IpxNode {
  std::uint32_t net = 0;
  MacAddress node;
};

/// Reads 1 to 8 hex digits.
[[nodiscard]] std::optional<std::uint32_t> parse_ipx_net(std::string_view text);
/// Reads 1 to 4 hex digits.
[[nodiscard]] std::optional<std::uint16_t> parse_ipx_socket(std::string_view text);
/// Reads `[net.]node`, where a node is 12 hex digits or six pairs with '-'.
[[nodiscard]] std::optional<IpxNode> parse_ipx_address(std::string_view text);

/// The same, and as others write it: `1a2b.0200.c0a8.0001`, `02:00:c0:a8:00:01`, with `0x`.
[[nodiscard]] std::optional<IpxNode> guess_ipx_address(std::string_view text);
/// Returns what is behind `0x`, or all of it.
[[nodiscard]] std::string_view without_0x(std::string_view text) noexcept;

/// These return lower case, and all digits there can be.
[[nodiscard]] std::string format_ipx_net(std::uint32_t net);
[[nodiscard]] std::string format_ipx_node(const MacAddress& node);
[[nodiscard]] std::string format_ipx_socket(std::uint16_t socket);
[[nodiscard]] std::string format_ipx_address(const IpxNode& address);

}  // namespace netecho
