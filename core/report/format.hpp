#pragma once

/// \file
/// Each output format is a row. A new one is a file with its functions, and a row.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "core/facts/events.hpp"
#include "core/report/text.hpp"

namespace netecho {

/// A command asks who reads a format to know what to do for it.
enum class FormatKind : std::uint8_t {
  words,     ///< People: lines, perhaps one that is redrawn. Errors are on stderr alone.
  stream,    ///< Programs: every event, when it happens.
  document,  ///< Programs: a whole run in one piece, at its end.
  figures,   ///< Programs: what was measured in one piece, at its end. Errors are on stderr alone.
};

/// What a command has to tell. Only what measures has figures.
enum class Reports : std::uint8_t { events, figures, nothing };

struct Format {
  std::string_view name;  ///< As --format takes it.
  FormatKind kind;
  /// Renders an event, with its newline; null for what comes at the end.
  std::string (*event)(const Event& event, const TextStyle& style);
  /// Renders a whole run, with its newline; null for all but documents and figures.
  std::string (*result)(const ResultEvent& result);
  /// For documents: the stream that says the same, for runs without an end and for many results.
  std::string_view stream;
};

[[nodiscard]] std::span<const Format> formats() noexcept;
/// Finds the format of that name; null if there is none.
[[nodiscard]] const Format* find_format(std::string_view name) noexcept;

/// Returns the format that people read.
[[nodiscard]] const Format& text_format() noexcept;
/// Returns the format that `--json` alone stands for.
[[nodiscard]] const Format& json_format() noexcept;
/// Returns a document's stream; every other format is returned itself.
[[nodiscard]] const Format& in_pieces(const Format& format) noexcept;

}  // namespace netecho
