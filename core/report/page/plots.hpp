#pragma once

/// \file
/// The plots of a target, each with its text alternative and its table.

#include "core/report/page/axis.hpp"
#include "core/report/page/sections.hpp"
#include "core/report/series.hpp"

namespace netecho {

/// How a run went over time, and another one below it if `other` isn't null. Both have series;
/// where it isn't known when probes were sent, a sentence says so.
void write_time_lines(const PageWriter& to, const PageTarget& target, const PageTarget* other);
/// The percentile curve; a second one beside it if `other` isn't null.
void write_curve(const PageWriter& to, const Histogram& latency, const Histogram* other);
void write_histogram(const PageWriter& to, const Histogram& latency, const Histogram* other);

/// A share of the samples and the duration that it does not exceed.
struct CurvePoint {
  double share = 0;  ///< From 0 to 1.
  Duration value{};
};
/// At most `most` points of a distribution, and the last: where `1 / (1 - share)` grows by less
/// than what can be seen, points are left out.
[[nodiscard]] std::vector<CurvePoint> curve_points(const Histogram& latency, std::size_t most);

/// A bar counts samples from `from` up to the next one's.
struct HistogramBar {
  double from = 0;
  double to = 0;
  std::uint64_t count = 0;
};
/// `bars` > 0 bars that are equally wide on `axis`.
[[nodiscard]] std::vector<HistogramBar> histogram_bars(const Histogram& latency, const Axis& axis,
                                                       std::size_t bars);

}  // namespace netecho
