#pragma once

/// \file
/// Base64 (RFC 4648 section 4, with padding), both ways.

#include <optional>
#include <string>
#include <string_view>

namespace netecho {

[[nodiscard]] std::string to_base64(std::string_view bytes);

/// None unless `text` is exactly what to_base64 gives for some bytes (ASCII white space aside).
[[nodiscard]] std::optional<std::string> from_base64(std::string_view text);

}  // namespace netecho
