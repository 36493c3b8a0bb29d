#pragma once

/// \file
/// The name of a network interface, as an endpoint has it.

#include <string>
#include <string_view>

namespace netecho {

/// Stands in a hint for a name that cannot be guessed.
inline constexpr std::string_view kSomeInterface = "eth0";

/// Says why `name` cannot be one that Linux gives; empty if it can.
[[nodiscard]] std::string why_no_interface(std::string_view name);

}  // namespace netecho
