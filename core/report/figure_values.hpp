#pragma once

/// \file
/// Values of figures as users write them and as people read them, each in the unit of its figure.

#include <optional>
#include <string>
#include <string_view>

#include "core/report/summary_figures.hpp"

namespace netecho {

/// In JSON's unit. Durations and ratios must say theirs (`500us`, `1%`), only a zero need not.
[[nodiscard]] std::optional<double> parse_limit(FigureUnit unit, std::string_view text);

/// What parse_limit() takes: `a percentage up to 100%, such as 1%`.
[[nodiscard]] const char* expected_limit(FigureUnit unit);

/// As in a summary: `41.2 µs`, `0.1%`.
[[nodiscard]] std::string figure_value_text(FigureUnit unit, double value);

/// All digits, for a value that would else look like the limit it misses.
[[nodiscard]] std::string exact_figure_text(FigureUnit unit, double value);

}  // namespace netecho
