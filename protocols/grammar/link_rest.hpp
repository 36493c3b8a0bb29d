#pragma once

/// \file
/// `interface[/mac]` stands behind a scheme of frames.
///
///    link-rest = interface [ "/" mac ]
///    interface = 1 to 15 bytes, as Linux names them: no '/', ':' or space
///    mac       = six hex pairs with ':' or '-', or Cisco's 0200.c0a8.0001

#include <optional>
#include <string>
#include <string_view>

#include "core/base/mac_address.hpp"
#include "protocols/grammar/rest_context.hpp"

namespace netecho {

struct LinkRest {
  std::string interface;
  std::optional<MacAddress> mac;  ///< None: this host's own (serve), or all who answer.

  /// Whether several stations may answer a client.
  [[nodiscard]] bool is_for_many() const noexcept { return !mac || mac->is_group(); }
};

/// Throws a usage Error with its hint. A server answers at the address that its interface has: it
/// names none.
[[nodiscard]] LinkRest parse_link_rest(std::string_view rest, const RestContext& context);

/// Returns canonical text: parse_link_rest(format_link_rest(x)) == x.
[[nodiscard]] std::string format_link_rest(const LinkRest& rest);

/// REQUIRES: `rest` is canonical.
[[nodiscard]] LinkRest split_link_rest(std::string_view rest);

}  // namespace netecho
