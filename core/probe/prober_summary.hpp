#pragma once

/// \file
/// From what was counted and measured to the figures of a `summary` (docs/metrics.md).

#include <span>

#include "core/facts/summary.hpp"
#include "core/net/path_info.hpp"
#include "core/probe/prober_figures.hpp"

namespace netecho {

/// Fills the totals, the distributions and all else that `figures` tells; mode and schedule of
/// `summary` are set already.
void fill_figures(Summary& summary, const FigureSet& figures);

/// As a report shows durations of the instrument itself.
[[nodiscard]] LatenessFigures lateness_figures(const Histogram& histogram) noexcept;

/// Several connections as one: mean times, sums of what is counted, the smallest of what limits;
/// they fell back from MPTCP if one did.
[[nodiscard]] PathInfo merged(std::span<const PathInfo> paths) noexcept;

}  // namespace netecho
