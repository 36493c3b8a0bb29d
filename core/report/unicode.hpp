#pragma once

/// \file
/// Reports need this much of Unicode: which character it is, and how wide on a terminal.

#include <cstddef>
#include <string_view>

namespace netecho {

/// REQUIRES: `character` is one valid UTF-8 character (utf8_length(), escape.hpp).
[[nodiscard]] char32_t code_point(std::string_view character) noexcept;

/// Returns how many columns `text` takes on a terminal. REQUIRES: no control characters.
///
/// East Asian wide characters (UAX #11) and emoji take two, combining marks none. A short table
/// says so, as wcwidth(3) knows only the locale that netecho was started in.
[[nodiscard]] std::size_t columns_of(std::string_view text) noexcept;

}  // namespace netecho
