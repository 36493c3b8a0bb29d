#pragma once

/// \file
/// Bodies that are compressed on their way, if their reader asks for that (RFC 9110 section 8.4).

#include <cstdint>
#include <optional>
#include <string_view>

#include "core/http/http_message.hpp"

namespace netecho {

enum class HttpCoding : std::uint8_t { gzip, deflate };

/// "gzip", "deflate".
[[nodiscard]] std::string_view to_string(HttpCoding coding) noexcept;

/// Returns the coding to take for this Accept-Encoding: gzip where both may be; none if neither may
/// be.
[[nodiscard]] std::optional<HttpCoding> asked_coding(std::string_view accept_encoding);

/// Compresses a body piece by piece. Throws std::bad_alloc.
[[nodiscard]] HttpBody compressed(HttpBody body, HttpCoding coding);

}  // namespace netecho
