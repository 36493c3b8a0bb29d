#pragma once

/// \file
/// The table of formats. What a row needs is declared here, and defined in the format's own file.

#include <array>
#include <cstddef>

#include "core/report/format.hpp"
#include "core/report/text.hpp"

namespace netecho {

/// An event as a line of JSON.
[[nodiscard]] std::string json_line(const Event& event, const TextStyle& style);
/// A whole run as one object.
[[nodiscard]] std::string json_document(const ResultEvent& result);

inline constexpr std::array kFormats{
    Format{"text", FormatKind::words, to_text, nullptr, {}},
    Format{"json", FormatKind::document, nullptr, json_document, "jsonl"},
    Format{"jsonl", FormatKind::stream, json_line, nullptr, {}},
};

/// Their names as an option tells them: "text|json|jsonl".
inline constexpr auto kFormatWords = [] {
  std::array<char, 64> words{};
  std::size_t at = 0;
  for (const Format& format : kFormats) {
    if (at != 0) words.at(at++) = '|';
    for (const char letter : format.name) words.at(at++) = letter;
  }
  return words;
}();

}  // namespace netecho
