#include <algorithm>

#include "core/report/page/parts.hpp"
#include "core/report/page/plots.hpp"

namespace netecho {
namespace {

constexpr double kBarsBottom = 184;
constexpr std::size_t kMostBarsOfPlot = 48;

/// With few samples, closer bars would show chance instead of a shape (Rice's rule, doubled).
std::size_t bars_for(std::uint64_t samples) {
  std::size_t bars = 4;
  while (bars < kMostBarsOfPlot && bars * bars * bars < 64 * samples) ++bars;
  return bars;
}

std::uint64_t highest_of(const std::vector<HistogramBar>& bars) {
  return std::ranges::max(bars, {}, &HistogramBar::count).count;
}

/// The bars of a run, and how high one round trip is in them: of a single run they are counted; two
/// runs of different length are compared by their shares.
struct Bars {
  std::vector<HistogramBar> bars;
  double one = 1;

  [[nodiscard]] double highest() const { return one * static_cast<double>(highest_of(bars)); }
  [[nodiscard]] double y(const HistogramBar& bar, const Axis& heights) const {
    return heights.at(one * static_cast<double>(bar.count));
  }
};

/// The outline alone, so that the bars behind it are seen.
void draw_outline(const PageWriter& to, const Bars& bars, const Axis& values, const Axis& heights) {
  std::string path =
      "M" + coordinate(values.at(bars.bars.front().from)) + " " + coordinate(kBarsBottom);
  for (const HistogramBar& bar : bars.bars) {
    path += "V" + coordinate(bars.y(bar, heights)) + "H" + coordinate(values.at(bar.to));
  }
  to.out.leaf("path", {{"class", "other"}, {"d", path + "V" + coordinate(kBarsBottom)}});
}

void draw_bars(const PageWriter& to, const Bars& bars, const Axis& values, const Axis& heights,
               const char* kind) {
  std::string path;
  for (const HistogramBar& bar : bars.bars) {
    if (bar.count == 0) continue;
    const double x = values.at(bar.from);
    const double width = std::max(values.at(bar.to) - x - 1, 1.0);
    const double height = std::max(kBarsBottom - bars.y(bar, heights), 1.0);
    path += "M" + coordinate(x) + " " + coordinate(kBarsBottom) + "v" + coordinate(-height) + "h" +
            coordinate(width) + "v" + coordinate(height) + "Z";
  }
  to.out.leaf("path", {{"class", kind}, {"d", path}});
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
  const bool two = other != nullptr;
  to.out.element("h3", to.word(Word::histogram));
  to.out.element("p", to.word(two ? Word::histogram_intro_two : Word::histogram_intro),
                 {{"class", "muted"}});
  Duration least = *latency.min();
  Duration most = *latency.max();
  if (two) {
    least = std::min(least, *other->min());
    most = std::max(most, *other->max());
  }
  const Axis values = latency_axis(least, most, kPlotLeft, kPlotRight, AxisStart::at_least);
  const std::size_t count = bars_for(latency.count());
  const auto bars_of = [&](const Histogram& run) {
    return Bars{histogram_bars(run, values, count), two ? 1 / static_cast<double>(run.count()) : 1};
  };
  const Bars bars = bars_of(latency);
  const Bars others = two ? bars_of(*other) : Bars{};
  const HistogramBar& top = *std::ranges::max_element(bars.bars, {}, &HistogramBar::count);
  const std::string alternative = to.words(
      Word::histogram_alt,
      {std::to_string(latency.count()), format_duration(*latency.min()),
       format_duration(*latency.max()), std::to_string(top.count), bound(top.from), bound(top.to)});
  {
    Picture picture{to.out, kBarsBottom + kBelowPlot, to.word(Word::histogram), alternative};
    const double highest = two ? std::max(bars.highest(), others.highest()) : bars.highest();
    const Axis heights{AxisKind::linear, 0, highest, kBarsBottom, kPlotTop};
    picture.left_axis(heights, two ? share_ticks(heights) : count_ticks(heights),
                      to.word(two ? Word::share : Word::round_trips));
    picture.bottom_axis(values, latency_ticks(values), kBarsBottom, to.word(Word::round_trip_time));
    draw_bars(to, bars, values, heights, two ? "bar behind" : "bar");
    if (two) {
      draw_outline(to, others, values, heights);
      write_key(to);
    }
  }
  write_histogram_table(to, bars.bars, others.bars);
}

}  // namespace netecho
