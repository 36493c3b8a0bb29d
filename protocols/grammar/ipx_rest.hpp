#pragma once

/// \file
/// `interface[/[net.]node[:socket]]` stands behind a scheme of IPX.
///
///    ipx-rest  = interface [ "/" [ net "." ] node [ ":" socket ] ]    a client's
///              | interface [ "/" net ]                                a server's
///    interface = 1 to 15 bytes, as Linux names them: no '/', ':' or space
///    net       = 1 to 8 hex digits, 0: this segment
///    node      = 12 hex digits, or six pairs with '-'
///    socket    = 1 to 4 hex digits, of an echo: 0002 or 9086

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/mac_address.hpp"
#include "protocols/grammar/rest_context.hpp"

namespace netecho {

/// Where the echo of XNS is, which is meant where none is named, and the ping of NLSP.
inline constexpr std::uint16_t kIpxSockets[] = {0x0002, 0x9086};

struct IpxRest {
  std::string interface;
  std::uint32_t net = 0;
  std::optional<MacAddress> node{};  ///< None: this host's own (serve), or all who answer.
  std::uint16_t socket = kIpxSockets[0];

  /// Whether several stations may answer a client.
  [[nodiscard]] bool is_for_many() const noexcept { return !node || node->is_group(); }
};

/// Throws a usage Error with its hint. A server answers at the node that its interface is: it names
/// its net at most.
[[nodiscard]] IpxRest parse_ipx_rest(std::string_view rest, const RestContext& context);

/// Returns canonical text: parse_ipx_rest(format_ipx_rest(x)) == x.
[[nodiscard]] std::string format_ipx_rest(const IpxRest& rest);

/// REQUIRES: `rest` is canonical.
[[nodiscard]] IpxRest split_ipx_rest(std::string_view rest);

}  // namespace netecho
