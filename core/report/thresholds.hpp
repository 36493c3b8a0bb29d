#pragma once

/// \file
/// These conditions fail a run: `p99>1ms,loss>0.1%` (docs/cli.md, "Thresholds").

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/facts/summary.hpp"
#include "core/report/summary_figures.hpp"
#include "core/report/text.hpp"

namespace netecho {

enum class ThresholdOperator : std::uint8_t { above, at_least, below, at_most };

/// This is one comparison. The run fails when it is true.
struct Threshold {
  std::string expression;  ///< As typed, without the blanks around it.
  std::string name;        ///< The figure as typed.
  SummaryFigure figure;
  ThresholdOperator comparison = ThresholdOperator::above;
  double limit = 0;  ///< In the unit of JSON: nanoseconds, a ratio, bytes.
};

/// Reads comparisons between commas, at least one. Throws a usage Error that names the expression,
/// the column (in characters, from 1) of what is wrong, and what was expected there.
[[nodiscard]] std::vector<Threshold> parse_thresholds(std::string_view expression);

/// A figure that was not measured doesn't hold, and `why` says why it is missing.
[[nodiscard]] ThresholdResult evaluate(const Threshold& threshold, const Summary& summary);

/// Says why `probes` probes (0: as many as it takes) in `mode` can't measure the figure, whatever
/// comes back. None: they may.
[[nodiscard]] std::optional<std::string> certainly_null(const Threshold& threshold,
                                                        std::uint64_t probes,
                                                        ProbeMode mode = ProbeMode::echo);

/// Returns `threshold failed: p99>1ms (p99 is 1.21 ms)`, without a newline.
[[nodiscard]] std::string threshold_text(const ThresholdResult& result, const TextStyle& style);

}  // namespace netecho
