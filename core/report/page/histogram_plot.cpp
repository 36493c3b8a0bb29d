#include <algorithm>

#include "core/report/page/parts.hpp"
#include "core/report/page/plots.hpp"

namespace netecho {
namespace {

constexpr double kBarsBottom = 170;
constexpr double kBarsHeight = 196;
constexpr std::size_t kMostBarsOfPlot = 48;

/// With few samples, closer bars would show chance instead of a shape (Rice's rule, doubled).
std::size_t bars_for(std::uint64_t samples) {
  std::size_t bars = 4;
  while (bars < kMostBarsOfPlot && bars * bars * bars < 64 * samples) ++bars;
  return bars;
}

std::vector<Tick> count_ticks(std::uint64_t most, const Axis& axis) {
  return {{axis.high(), std::to_string(most)}};
}

/// Two runs of different length have one height: what is compared is their shape.
double share_of_highest(const HistogramBar& bar, std::uint64_t highest) {
  return static_cast<double>(bar.count) / static_cast<double>(highest);
}

std::uint64_t highest_of(const std::vector<HistogramBar>& bars) {
  return std::max<std::uint64_t>(std::ranges::max(bars, {}, &HistogramBar::count).count, 1);
}

double height_of(const HistogramBar& bar, std::uint64_t highest) {
  return share_of_highest(bar, highest) * (kBarsBottom - kPlotTop);
}

/// The outline alone, so that the bars behind it are seen.
void draw_outline(const PageWriter& to, const std::vector<HistogramBar>& bars, const Axis& values) {
  const std::uint64_t highest = highest_of(bars);
  std::string path = "M" + coordinate(values.at(bars.front().from)) + " " + coordinate(kBarsBottom);
  for (const HistogramBar& bar : bars) {
    path += "V" + coordinate(kBarsBottom - height_of(bar, highest)) + "H" +
            coordinate(values.at(bar.to));
  }
  to.out.leaf("path", {{"class", "other"}, {"d", path + "V" + coordinate(kBarsBottom)}});
}

void draw_bars(const PageWriter& to, const std::vector<HistogramBar>& bars, const Axis& values) {
  const std::uint64_t highest = highest_of(bars);
  std::string path;
  for (const HistogramBar& bar : bars) {
    if (bar.count == 0) continue;
    const double x = values.at(bar.from);
    const double width = std::max(values.at(bar.to) - x - 1, 1.0);
    const double height = std::max(height_of(bar, highest), 1.0);
    path += "M" + coordinate(x) + " " + coordinate(kBarsBottom) + "v" + coordinate(-height) + "h" +
            coordinate(width) + "v" + coordinate(height) + "Z";
  }
  to.out.leaf("path", {{"class", "bar"}, {"d", path}});
}

std::string bound(double value) {
  return format_duration(Duration{static_cast<std::int64_t>(value)});
}

void write_histogram_table(const PageWriter& to, const std::vector<HistogramBar>& bars,
                           const std::vector<HistogramBar>& others) {
  PageTable::Cells headings{to.word(Word::from), to.word(Word::received)};
  if (!others.empty())
    headings = {to.word(Word::from), to.word(Word::first_run), to.word(Word::second_run)};
  FoldedTable table{to, to.word(Word::histogram), headings};
  for (std::size_t i = 0; i < bars.size(); ++i) {
    const std::uint64_t other = others.empty() ? 0 : others[i].count;
    if (bars[i].count + other == 0) continue;
    PageTable::Cells cells{bound(bars[i].from), std::to_string(bars[i].count)};
    if (!others.empty()) cells.push_back(std::to_string(other));
    table.row(cells);
  }
}

}  // namespace

std::vector<HistogramBar> histogram_bars(const Histogram& latency, const Axis& axis,
                                         std::size_t bars) {
  std::vector<HistogramBar> out(bars);
  const double ratio = axis.high() / std::max(axis.low(), 1e-9);
  const double octaves = axis.kind() == AxisKind::logarithmic ? log2_of(ratio) : 0;
  // The bound of a bar is where a value begins to be counted in it: found by halving, as there is
  // no power without libm.
  const auto place = [&](double value) {
    const double share = axis.kind() == AxisKind::linear
                             ? (value - axis.low()) / (axis.high() - axis.low())
                             : log2_of(std::max(value, axis.low()) / axis.low()) / octaves;
    return std::clamp(share, 0.0, 1.0) * static_cast<double>(bars);
  };
  const auto bound_at = [&](std::size_t bar) {
    double low = axis.low();
    double high = axis.high();
    for (int i = 0; i < 60; ++i) {
      const double middle = (low + high) / 2;
      (place(middle) < static_cast<double>(bar) ? low : high) = middle;
    }
    return high;
  };
  for (std::size_t i = 0; i < bars; ++i) {
    out[i].from = i == 0 ? axis.low() : out[i - 1].to;
    out[i].to = i + 1 == bars ? axis.high() : bound_at(i + 1);
  }
  latency.for_each([&](Duration, Duration upper, std::uint64_t count) {
    const Duration value = std::clamp(upper, *latency.min(), *latency.max());
    const auto bar = static_cast<std::size_t>(place(static_cast<double>(value.count())));
    out[std::min(bar, bars - 1)].count += count;
  });
  return out;
}

void write_histogram(const PageWriter& to, const Histogram& latency, const Histogram* other) {
  to.out.element("h3", to.word(Word::histogram));
  to.out.element("p", to.word(Word::histogram_intro), {{"class", "muted"}});
  Duration least = *latency.min();
  Duration most = *latency.max();
  if (other != nullptr) {
    least = std::min(least, *other->min());
    most = std::max(most, *other->max());
  }
  const Axis values = latency_axis(least, most, kPlotLeft, kPlotRight, AxisStart::at_least);
  const std::size_t count = bars_for(latency.count());
  const auto bars = histogram_bars(latency, values, count);
  const auto others =
      other != nullptr ? histogram_bars(*other, values, count) : std::vector<HistogramBar>{};
  const HistogramBar& top = *std::ranges::max_element(bars, {}, &HistogramBar::count);
  const std::string alternative = to.words(
      Word::histogram_alt,
      {std::to_string(latency.count()), format_duration(*latency.min()),
       format_duration(*latency.max()), std::to_string(top.count), bound(top.from), bound(top.to)});
  {
    Picture picture{to.out, kBarsHeight, to.word(Word::histogram), alternative};
    const Axis heights{AxisKind::linear, 0, static_cast<double>(top.count), kBarsBottom, kPlotTop};
    picture.left_axis(heights, count_ticks(top.count, heights));
    picture.bottom_axis(values, latency_ticks(values), kPlotTop, kBarsBottom);
    draw_bars(to, bars, values);
    if (!others.empty()) {
      draw_outline(to, others, values);
      write_key(to);
    }
  }
  write_histogram_table(to, bars, others);
}

}  // namespace netecho
