#pragma once

/// \file
/// Addresses that many hosts have, by which no client can name the one it talks to.

#include <optional>
#include <string>

#include "core/net/ip_number.hpp"

namespace netecho {

/// The end of each sentence that refuses one.
inline constexpr const char* kNameOneHost =
    ": send and probe measure the echo of one peer, so name an address of its own";

/// "is a multicast address: …"; none for what one host can have.
[[nodiscard]] std::optional<std::string> why_not_one_peer(const IpNumber& address);

}  // namespace netecho
