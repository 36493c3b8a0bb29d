#pragma once

/// \file
/// The plots of a page in a terminal: how a run went over time, and its distribution
/// (`probe --plot`).

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/report/series.hpp"

namespace netecho {

enum class PlotCharacters : std::uint8_t { blocks, ascii };

/// Blocks where the locale of characters is one of UTF-8, by the first that is set of LC_ALL,
/// LC_CTYPE and LANG.
[[nodiscard]] PlotCharacters characters_of_environment();
[[nodiscard]] PlotCharacters characters_of_locale(std::string_view locale);

/// Returns lines, each with its newline: medians over time as bars, beneath them an `x` wherever
/// something was lost, and the histogram. Empty if nothing was recorded.
[[nodiscard]] std::string plot_text(const Series& series, std::size_t columns,
                                    PlotCharacters characters);

}  // namespace netecho
