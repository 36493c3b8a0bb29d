#pragma once

/// \file
/// Shows a distribution as rows of bars, for people (`probe --histogram`).

#include <cstddef>
#include <string>

#include "core/measure/histogram.hpp"

namespace netecho {

inline constexpr std::size_t kDefaultColumns = 80;

/// Returns a heading and at most 20 rows, each with its newline; empty without samples.
///
/// A row counts the samples from its bound up to the next row's. Bounds are equally far apart on a
/// logarithmic scale, since latencies are spread over decades, or on a linear one where the longest
/// is at most twice the shortest. They are as close as 20 rows, and the number of samples, allow;
/// rows that nothing fell into don't count: several of them show as one `⋮`, so a far outlier does
/// not flatten the rest. The bars fill `columns`, but at least 10 columns.
[[nodiscard]] std::string histogram_text(const Histogram& histogram,
                                         std::size_t columns = kDefaultColumns);

}  // namespace netecho
