#pragma once

/// \file
/// Reads decimal numbers as users write them. It is not std::from_chars, which needs libm for
/// fractions; the binary would load that at every start.

#include <optional>
#include <string_view>

namespace netecho {

/// Reads all of `text`, such as `1.5` or `7e-3`: digits, at most one dot, perhaps an exponent, no
/// sign in front. What a double has no room for is infinite or zero; anything else gives none.
[[nodiscard]] std::optional<double> parse_decimal(std::string_view text);

}  // namespace netecho
