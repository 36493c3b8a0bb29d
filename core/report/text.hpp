#pragma once

/// \file
/// Events for people. Nothing of a peer reaches the terminal unescaped; colour only repeats what
/// the words say.

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
  /// As chosen; otherwise only `stats` and `interval`, which come without being awaited, have it.
  std::optional<TimeOfDay> time{};
};

/// The lines of one event, each with its newline and, where `style` asks, the event's time before
/// it; never before errors.
[[nodiscard]] std::string to_text(const Event& event, const TextStyle& style);

/// One row a target, columns aligned.
[[nodiscard]] std::string comparison_table(std::span<const Summary> summaries,
                                           const TextStyle& style);

}  // namespace netecho
