#pragma once

/// \file
/// What output looks like: a row a format. A new format is a file with its functions, and its row.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "core/facts/events.hpp"
#include "core/report/text.hpp"

namespace netecho {

/// Who reads a format, and so what a command does for it.
enum class FormatKind : std::uint8_t {
  words,     ///< People: lines, perhaps one that is redrawn. Errors are on stderr alone.
  stream,    ///< Programs: every event, when it happens.
  document,  ///< Programs: a whole run in one piece, at its end.
};

struct Format {
  std::string_view name;  ///< As --format takes it.
  FormatKind kind;
  /// An event, with its newline; null for documents.
  std::string (*event)(const Event& event, const TextStyle& style);
  /// A whole run, with its newline; null for all but documents.
  std::string (*result)(const ResultEvent& result);
  /// The stream that tells the same, for runs without an end and for many results; for documents.
  std::string_view stream;
};

[[nodiscard]] std::span<const Format> formats() noexcept;
/// Null if there is none of that name.
[[nodiscard]] const Format* find_format(std::string_view name) noexcept;

/// What people read.
[[nodiscard]] const Format& text_format() noexcept;
/// What `--json` alone stands for.
[[nodiscard]] const Format& json_format() noexcept;
/// A document's stream; every other format is one already.
[[nodiscard]] const Format& in_pieces(const Format& format) noexcept;

}  // namespace netecho
