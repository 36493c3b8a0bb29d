#pragma once

/// \file
/// A distribution as the figures that reports show.

#include "core/measure/histogram.hpp"
#include "core/report/events.hpp"

namespace netecho {

[[nodiscard]] LatencyFigures latency_figures(const Histogram& histogram) noexcept;

}  // namespace netecho
