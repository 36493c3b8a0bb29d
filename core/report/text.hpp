#pragma once

/// \file
/// Shows events to people. Nothing of a peer reaches the terminal unescaped; color only repeats
/// what the words say.

#include <optional>
#include <span>
#include <string>

#include "core/facts/events.hpp"
#include "core/report/time_of_day.hpp"

namespace netecho {

enum class Colour : bool { off, on };

struct TextStyle {
  Colour colour = Colour::off;
  bool name_target = false;  ///< Several targets: each reply says whose it is.
  /// Events have the time that was chosen; if none was, only `stats` and `interval` have one, as
  /// they come unexpected.
  std::optional<TimeOfDay> time{};
};

/// Returns the lines of one event, each with its newline and, where `style` asks, the event's time
/// before it; never before errors.
[[nodiscard]] std::string to_text(const Event& event, const TextStyle& style);

/// Returns one row for each target, with aligned columns.
[[nodiscard]] std::string comparison_table(std::span<const Summary> summaries,
                                           const TextStyle& style);

}  // namespace netecho
