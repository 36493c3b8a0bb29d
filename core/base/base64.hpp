#pragma once

/// \file
/// Encodes and decodes Base64 (RFC 4648 section 4, with padding).

#include <optional>
#include <string>
#include <string_view>

namespace netecho {

[[nodiscard]] std::string to_base64(std::string_view bytes);

/// Returns none unless `text`, ASCII white space aside, is what to_base64() gives for some bytes.
[[nodiscard]] std::optional<std::string> from_base64(std::string_view text);

}  // namespace netecho
