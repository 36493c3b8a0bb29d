#pragma once

/// \file
/// Reads and shows values of figures, each in the unit of its figure.

#include <optional>
#include <string>
#include <string_view>

#include "core/report/summary_figures.hpp"

namespace netecho {

/// Returns the value in JSON's unit. Durations and ratios must have a unit (`500us`, `1%`), except
/// zero.
[[nodiscard]] std::optional<double> parse_limit(FigureUnit unit, std::string_view text);

/// Says what parse_limit() takes: `a percentage up to 100%, such as 1%`.
[[nodiscard]] const char* expected_limit(FigureUnit unit);

/// Shows a value as a summary does: `41.2 µs`, `0.1%`.
[[nodiscard]] std::string figure_value_text(FigureUnit unit, double value);

/// Shows all digits, for a value that would else look like the limit that it misses.
[[nodiscard]] std::string exact_figure_text(FigureUnit unit, double value);

}  // namespace netecho
