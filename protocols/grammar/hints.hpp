#pragma once

/// \file
/// How an endpoint is refused: what is wrong, and the spelling that would have worked.

#include <span>
#include <string>
#include <string_view>

namespace netecho {

/// Throws the usage Error `endpoint TYPED: REASON; did you mean HINT?` (no hint when it is empty).
[[noreturn]] void reject_endpoint(std::string_view typed, std::string reason,
                                  const std::string& hint = {});

/// What a corrected spelling starts with: "SCHEME://", or nothing where the user wrote no scheme.
[[nodiscard]] std::string hint_prefix(std::string_view scheme, std::string_view typed);

/// The candidate that `word` is probably a misspelling of (a letter more, less, other or swapped,
/// one for every three letters); empty if none is that close.
[[nodiscard]] std::string_view nearest_word(std::string_view word,
                                            std::span<const std::string_view> candidates);

/// ASCII only, whatever the locale.
[[nodiscard]] bool is_digits(std::string_view text) noexcept;

}  // namespace netecho
