#pragma once

/// \file
/// Decimal numbers as users write them. Not std::from_chars: for fractions it needs libm, which
/// the binary would load at every start.

#include <optional>
#include <string_view>

namespace netecho {

/// `text` whole, such as `1.5` or `7e-3`: digits, at most one dot, and perhaps an exponent; no sign
/// in front. Infinite or zero where a double has no room. None for anything else.
[[nodiscard]] std::optional<double> parse_decimal(std::string_view text);

}  // namespace netecho
