#pragma once

/// \file
/// The table of formats. What a row needs is declared here, and defined in the format's own file.

#include <array>
#include <cstddef>

#include "core/report/format.hpp"
#include "core/report/prometheus_text.hpp"
#include "core/report/text.hpp"

namespace netecho {

/// An event as a line of JSON.
[[nodiscard]] std::string json_line(const Event& event, const TextStyle& style);
/// A whole run as one object.
[[nodiscard]] std::string json_document(const ResultEvent& result);
/// The figures of a run as metrics of Prometheus.
[[nodiscard]] std::string prometheus_document(const ResultEvent& result);
/// Appends those of its targets alone.
void append_result_metrics(std::string& out, const ResultEvent& result, Exposition exposition);

inline constexpr std::array kFormats{
    Format{"text", FormatKind::words, to_text, nullptr, {}},
    Format{"json", FormatKind::document, nullptr, json_document, "jsonl"},
    Format{"jsonl", FormatKind::stream, json_line, nullptr, {}},
    Format{"prometheus", FormatKind::figures, nullptr, prometheus_document, {}},
};

/// The names of those that a command offers, as an option tells them: "text|json|jsonl".
constexpr auto format_words(Reports reports) {
  std::array<char, 64> words{};
  std::size_t at = 0;
  for (const Format& format : kFormats) {
    if (format.kind == FormatKind::figures && reports != Reports::figures) continue;
    if (at != 0) words.at(at++) = '|';
    for (const char letter : format.name) words.at(at++) = letter;
  }
  return words;
}
inline constexpr auto kFormatWords = format_words(Reports::events);
inline constexpr auto kFormatWordsOfFigures = format_words(Reports::figures);

}  // namespace netecho
