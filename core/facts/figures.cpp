#include "core/facts/figures.hpp"

namespace netecho {

LatencyFigures latency_figures(const Histogram& histogram) noexcept {
  return {.min = histogram.min(),
          .mean = histogram.mean(),
          .stddev = histogram.stddev(),
          .p25 = histogram.percentile(kP25),
          .p50 = histogram.percentile(kP50),
          .p75 = histogram.percentile(kP75),
          .p90 = histogram.percentile(kP90),
          .p95 = histogram.percentile(kP95),
          .p99 = histogram.percentile(kP99),
          .p999 = histogram.percentile(kP999),
          .p9999 = histogram.percentile(kP9999),
          .max = histogram.max()};
}

}  // namespace netecho
