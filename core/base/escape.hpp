#pragma once

/// \file
/// Makes bytes of a peer safe to look at: none may reach a terminal or a log as it is.

#include <cstddef>
#include <string>
#include <string_view>

namespace netecho {

/// Returns the length of the valid UTF-8 character at the start of `text`, 1 to 4; 0 if there is
/// none (truncated, overlong, a surrogate, above U+10FFFF).
[[nodiscard]] std::size_t utf8_length(std::string_view text) noexcept;

[[nodiscard]] bool is_utf8(std::string_view text) noexcept;

/// Replaces every invalid byte of `text` by U+FFFD.
[[nodiscard]] std::string to_lossy_utf8(std::string_view text);

enum class Newlines { escape, keep };

/// Printable UTF-8 stays; control characters (C0, DEL, C1, line and paragraph separators,
/// bidirectional overrides), invalid bytes and backslashes that would be ambiguous become `\xNN`.
[[nodiscard]] std::string escape_for_terminal(std::string_view text,
                                              Newlines newlines = Newlines::escape);

}  // namespace netecho
