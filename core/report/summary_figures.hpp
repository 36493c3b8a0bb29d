#pragma once

/// \file
/// Thresholds find the numbers of a `summary` by name. There is no list of them: names and values
/// come from the table of fields, units from the names, so each figure of a summary is found here.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/facts/summary.hpp"

namespace netecho {

/// The value in JSON counts these.
enum class FigureUnit : std::uint8_t { duration, ratio, per_second, bytes, count };

struct SummaryFigure {
  std::string path;  ///< In JSON: `rtt_ns.p99`.
  std::string name;  ///< Without units: `rtt.p99`; as `path` where that would name another figure.
  FigureUnit unit = FigureUnit::count;

  /// The last key: `p99`.
  [[nodiscard]] std::string_view leaf() const noexcept;
  /// Whether it is below the key `group`, or at it.
  [[nodiscard]] bool is_of(std::string_view group) const noexcept;
};

/// Lists all figures in JSON's order. The list is made at the first call.
[[nodiscard]] const std::vector<SummaryFigure>& summary_figures();

/// Finds a figure by its path, with or without units (`rtt_ns.p99`, `rtt.p99`). One key alone is
/// also a figure of `rtt` (`p99`), and `loss` is `unanswered_ratio`. Null if there is none.
[[nodiscard]] const SummaryFigure* find_figure(std::string_view typed);

/// Returns names that `typed` may have been meant to be, the most likely first; may be empty.
[[nodiscard]] std::vector<std::string> similar_figures(std::string_view typed);

struct FigureReading {
  std::optional<double> value;  ///< None: null.
  bool group_measured = false;  ///< Some figure beside it isn't null.
};

/// REQUIRES: `figure` is one of summary_figures().
[[nodiscard]] FigureReading read_figure(const SummaryFigure& figure, const Summary& summary);

}  // namespace netecho
