#pragma once

/// \file
/// Refuses an endpoint: says what is wrong, and the spelling that would have worked.

#include <span>
#include <string>
#include <string_view>

namespace netecho {

/// Throws the usage Error `endpoint TYPED: REASON; did you mean HINT?` (no hint when it is empty).
[[noreturn]] void reject_endpoint(std::string_view typed, std::string reason,
                                  const std::string& hint = {});

/// Returns what a corrected spelling starts with: "SCHEME://", or nothing where the user wrote no
/// scheme.
[[nodiscard]] std::string hint_prefix(std::string_view scheme, std::string_view typed);

/// Returns the candidate that `word` probably misspells (one letter more, less, other or swapped
/// for every three letters); empty if none is that close.
[[nodiscard]] std::string_view nearest_word(std::string_view word,
                                            std::span<const std::string_view> candidates);

/// Changes ASCII only, whatever the locale.
[[nodiscard]] bool is_digits(std::string_view text) noexcept;

}  // namespace netecho
