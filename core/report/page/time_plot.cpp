#include <algorithm>

#include "core/report/page/parts.hpp"
#include "core/report/page/plots.hpp"

namespace netecho {
namespace {

constexpr double kTimeBottom = 190;
constexpr double kLossTop = 196;
constexpr double kLossBottom = 216;
constexpr double kTimeHeight = 240;
/// So few probes are shown each; of more, so many are together that a band has a meaning.
constexpr std::uint64_t kShownSingly = 300;
constexpr std::uint64_t kProbesTogether = 10;
constexpr std::size_t kLeastBins = 60;
/// A table is read: it is coarser than the plot.
constexpr std::size_t kTimeRows = 32;

double ns(Duration value) {
  return static_cast<double>(value.count());
}

std::size_t bins_for(const Series& series) {
  std::uint64_t probes = 0;
  for (const std::uint64_t count : series.by_status) probes += count;
  if (probes <= kShownSingly) return TimeLine::kBins;
  return static_cast<std::size_t>(
      std::clamp<std::uint64_t>(probes / kProbesTogether, kLeastBins, TimeLine::kBins));
}

Axis time_axis(const std::vector<TimeBin>& bins) {
  const Duration end = bins.back().start + bins.back().width;
  return {AxisKind::linear, 0, ns(end), kPlotLeft, kPlotRight};
}

double center(const Axis& time, const TimeBin& bin) {
  return time.at(ns(bin.start) + ns(bin.width) / 2);
}

/// Neighbors are joined; where everything was lost in between, line and band end and begin anew.
struct Strokes {
  std::string line;
  std::string band;

  void add(const Axis& time, const Axis& latency, const std::vector<TimeBin>& run) {
    std::string upper;
    std::string lower;
    for (std::size_t i = 0; i < run.size(); ++i) {
      const double x = center(time, run[i]);
      const double y = latency.at(ns(*run[i].p50));
      line += (i == 0 ? "M" : "L") + coordinate(x) + " " + coordinate(y);
      upper += (i == 0 ? "M" : "L") + coordinate(x) + " " + coordinate(latency.at(ns(*run[i].p90)));
    }
    for (std::size_t i = run.size(); i-- > 0;) {
      lower +=
          "L" + coordinate(center(time, run[i])) + " " + coordinate(latency.at(ns(*run[i].p10)));
    }
    if (run.size() > 1) band += upper + lower + "Z";
  }
};

void draw_line(const PageWriter& to, const std::vector<TimeBin>& bins, const Axis& time,
               const Axis& latency) {
  Strokes strokes;
  std::vector<TimeBin> run;
  std::size_t dots = 0;
  for (const TimeBin& bin : bins) {
    if (bin.received != 0) {
      run.push_back(bin);
      ++dots;
    } else if (bin.lost != 0 && !run.empty()) {
      strokes.add(time, latency, run);
      run.clear();
    }
  }
  if (!run.empty()) strokes.add(time, latency, run);
  to.out.leaf("path", {{"class", "band"}, {"d", strokes.band}});
  to.out.leaf("path", {{"class", "middle"}, {"d", strokes.line}});
  // Single points make no line.
  if (dots > kLeastBins) return;
  for (const TimeBin& bin : bins) {
    if (bin.received == 0) continue;
    to.out.leaf("circle", {{"class", "dot"},
                           {"cx", coordinate(center(time, bin))},
                           {"cy", coordinate(latency.at(ns(*bin.p50)))},
                           {"r", "2.5"}});
  }
}

void draw_losses(const PageWriter& to, const std::vector<TimeBin>& bins, const Axis& time) {
  std::string path;
  for (const TimeBin& bin : bins) {
    if (bin.lost == 0) continue;
    const double share =
        static_cast<double>(bin.lost) / static_cast<double>(bin.lost + bin.received);
    const double x = time.at(ns(bin.start));
    const double width = std::max(time.at(ns(bin.start + bin.width)) - x, 1.5);
    const double height = std::max(share * (kLossBottom - kLossTop), 2.0);
    path += "M" + coordinate(x) + " " + coordinate(kLossBottom) + "v" + coordinate(-height) + "h" +
            coordinate(width) + "v" + coordinate(height) + "Z";
  }
  if (!path.empty()) to.out.leaf("path", {{"class", "gone"}, {"d", path}});
  to.out.element("text", to.word(Word::lost),
                 {{"x", coordinate(kPlotLeft - 6)},
                  {"y", coordinate((kLossTop + kLossBottom) / 2 + 4)},
                  {"class", "left"}});
}

void draw_outages(const PageWriter& to, const PageTarget& target, const Axis& time) {
  const auto zero = target.series->zero ? target.series->zero : target.started;
  if (!zero) return;
  for (const Outage& outage : target.outages) {
    // Both are dates of one host; how far apart they are is all that is asked for.
    const double from = ns(outage.start - *zero);
    const double end = from + ns(outage.duration);
    if (end < 0 || from > time.high()) continue;
    const double x = time.at(from);
    to.out.leaf("rect", {{"class", "outage"},
                         {"x", coordinate(x)},
                         {"y", coordinate(kPlotTop)},
                         {"width", coordinate(std::max(time.at(end) - x, 1.0))},
                         {"height", coordinate(kLossBottom - kPlotTop)}});
  }
}

struct TimeExtent {
  std::optional<Duration> least, most;      ///< Of what is drawn.
  std::optional<Duration> lowest, highest;  ///< Of the medians.
  std::size_t with_loss = 0;
};

TimeExtent extent_of(const std::vector<TimeBin>& bins) {
  TimeExtent out;
  for (const TimeBin& bin : bins) {
    out.with_loss += bin.lost != 0 ? 1U : 0U;
    if (bin.received == 0) continue;
    out.least = std::min(out.least.value_or(*bin.p10), *bin.p10);
    out.most = std::max(out.most.value_or(*bin.p90), *bin.p90);
    out.lowest = std::min(out.lowest.value_or(*bin.p50), *bin.p50);
    out.highest = std::max(out.highest.value_or(*bin.p50), *bin.p50);
  }
  return out;
}

void write_time_table(const PageWriter& to, const Series& series) {
  FoldedTable table{to,
                    to.word(Word::time_line),
                    {to.word(Word::since_start), "p10", "p50", "p90", "max",
                     to.word(Word::received), to.word(Word::lost)}};
  for (const TimeBin& bin : series.line.bins(kTimeRows)) {
    if (bin.received + bin.lost == 0) continue;
    table.row({(bin.start == Duration{} ? "0 s" : format_duration(bin.start)) + " …",
               time_text(bin.p10), time_text(bin.p50), time_text(bin.p90), time_text(bin.max),
               std::to_string(bin.received), std::to_string(bin.lost)});
  }
}

}  // namespace

void write_time_line(const PageWriter& to, const PageTarget& target, std::string_view run) {
  const Series& series = *target.series;
  const std::vector<TimeBin> bins = series.line.bins(bins_for(series));
  const TimeExtent extent = extent_of(bins);
  const std::string name = to.word(Word::time_line) + (run.empty() ? "" : ": " + std::string(run));
  to.out.element("h3", name);
  to.out.element("p", to.word(Word::time_line_intro), {{"class", "muted"}});
  const Axis time = time_axis(bins);
  const std::string alternative = to.words(
      Word::time_line_alt,
      {format_duration(series.line.length()), time_text(extent.lowest), time_text(extent.highest),
       std::to_string(extent.with_loss), std::to_string(bins.size())});
  {
    Picture picture{to.out, kTimeHeight, name, alternative};
    draw_outages(to, target, time);
    picture.bottom_axis(time, time_ticks(time), kPlotTop, kLossBottom);
    if (extent.least) {
      const Axis latency = latency_axis(*extent.least, *extent.most, kTimeBottom, kPlotTop);
      picture.left_axis(latency, latency_ticks(latency));
      draw_line(to, bins, time, latency);
    }
    draw_losses(to, bins, time);
  }
  write_time_table(to, series);
}

}  // namespace netecho
