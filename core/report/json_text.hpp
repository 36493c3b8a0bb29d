#pragma once

/// \file
/// JSON leaves open what consumers of text still need: a line must hold no character that some
/// reader takes for its end, and nothing that acts on a terminal.

#include <string>
#include <string_view>

namespace netecho {

/// Writes every character of serialized JSON that would act on a terminal (DEL, C1 controls, line
/// and paragraph separators, bidirectional overrides: escape.hpp) as `\uNNNN`. The value stays the
/// same: such characters occur only inside strings. REQUIRES: `line` is valid UTF-8.
[[nodiscard]] std::string escape_json_line(std::string line);

/// Returns `data` without the character that a cut at a byte limit left incomplete at its end; all
/// of it when the rest isn't UTF-8, either.
[[nodiscard]] std::string_view without_cut_character(std::string_view data) noexcept;

}  // namespace netecho
