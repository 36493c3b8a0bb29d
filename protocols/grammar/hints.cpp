#include "protocols/grammar/hints.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

#include "core/base/error.hpp"

namespace netecho {
namespace {

constexpr std::size_t kLongestWord = 24;  // The longest option has 22 letters.
using Row = std::array<std::size_t, kLongestWord + 1>;

/// Counts the edits (insert, delete, replace, swap of neighbors) that turn `a` into `b`. REQUIRES:
/// `b` has at most kLongestWord letters.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  Row before_last{};
  Row last{};
  Row row{};
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    before_last = last;
    last = row;
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = last[j - 1] + (a[i - 1] == b[j - 1] ? 0U : 1U);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, replaced});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        row[j] = std::min(row[j], before_last[j - 2] + 1);
      }
    }
  }
  return row[b.size()];
}

}  // namespace

void reject_endpoint(std::string_view typed, std::string reason, const std::string& hint) {
  if (!hint.empty()) reason += "; did you mean " + hint + "?";
  throw usage_error("endpoint", std::string{typed}, std::move(reason));
}

std::string hint_prefix(std::string_view scheme, std::string_view typed) {
  const bool written =
      typed.size() > scheme.size() && typed[scheme.size()] == ':' &&
      std::equal(scheme.begin(), scheme.end(), typed.begin(), [](char lower, char c) {
        return lower == c || (c >= 'A' && c <= 'Z' && lower == static_cast<char>(c - 'A' + 'a'));
      });
  return written ? std::string{scheme} + "://" : std::string{};
}

std::string_view nearest_word(std::string_view word, std::span<const std::string_view> candidates) {
  std::string_view best;
  if (word.empty() || word.size() > kLongestWord) return best;
  std::size_t best_distance = std::max<std::size_t>(1, word.size() / 3) + 1;
  for (const std::string_view candidate : candidates) {
    if (candidate.size() > kLongestWord) continue;
    const std::size_t distance = edit_distance(word, candidate);
    if (distance >= best_distance) continue;
    best_distance = distance;
    best = candidate;
  }
  return best;
}

bool is_digits(std::string_view text) noexcept {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace netecho
