#pragma once

/// \file
/// Turns a distribution into the figures that reports show.

#include "core/facts/distributions.hpp"
#include "core/measure/histogram.hpp"

namespace netecho {

[[nodiscard]] LatencyFigures latency_figures(const Histogram& histogram) noexcept;

}  // namespace netecho
