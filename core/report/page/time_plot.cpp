#include <algorithm>

#include "core/report/page/parts.hpp"
#include "core/report/page/plots.hpp"

namespace netecho {
namespace {

/// Losses are drawn below the round trips; where there are none of these, in their place.
constexpr double kLossBottom = 240;
constexpr double kLossHeight = 22;
constexpr double kAboveLosses = 14;
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

void draw_losses(const PageWriter& to, const std::vector<TimeBin>& bins, const Axis& time,
                 double bottom) {
  std::string path;
  for (const TimeBin& bin : bins) {
    if (bin.lost == 0) continue;
    const double share =
        static_cast<double>(bin.lost) / static_cast<double>(bin.lost + bin.received);
    const double x = time.at(ns(bin.start));
    const double width = std::max(time.at(ns(bin.start + bin.width)) - x, 1.5);
    const double height = std::max(share * kLossHeight, 2.0);
    path += "M" + coordinate(x) + " " + coordinate(bottom) + "v" + coordinate(-height) + "h" +
            coordinate(width) + "v" + coordinate(height) + "Z";
  }
  if (!path.empty()) to.out.leaf("path", {{"class", "gone"}, {"d", path}});
  to.out.element("text", to.word(Word::lost),
                 {{"x", coordinate(kPlotLeft - 6)},
                  {"y", coordinate(bottom - kLossHeight / 2 + 4)},
                  {"class", "left"}});
}

void draw_outages(const PageWriter& to, const PageTarget& target, const Axis& time, double bottom) {
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
                         {"height", coordinate(bottom - kPlotTop)}});
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

/// A run and what is drawn of it.
struct DrawnRun {
  const PageTarget& target;
  std::string name;
  std::vector<TimeBin> bins;
  TimeExtent extent;
};

DrawnRun drawn_run(const PageTarget& target, std::string name) {
  std::vector<TimeBin> bins = target.series->line.bins(bins_for(*target.series));
  const TimeExtent extent = extent_of(bins);
  return {target, std::move(name), std::move(bins), extent};
}

/// Two runs have one scale, so that the eye compares them; without any reply there is none.
std::optional<Axis> latency_of(const std::vector<DrawnRun>& runs) {
  std::optional<Duration> least;
  std::optional<Duration> most;
  for (const DrawnRun& run : runs) {
    if (!run.extent.least) continue;
    least = std::min(least.value_or(*run.extent.least), *run.extent.least);
    most = std::max(most.value_or(*run.extent.most), *run.extent.most);
  }
  if (!least) return std::nullopt;
  return latency_axis(*least, *most, kLossBottom - kLossHeight - kAboveLosses, kPlotTop);
}

std::string alternative_of(const PageWriter& to, const DrawnRun& run) {
  return to.words(Word::time_line_alt,
                  {format_duration(run.target.series->line.length()), time_text(run.extent.lowest),
                   time_text(run.extent.highest), std::to_string(run.extent.with_loss),
                   std::to_string(run.bins.size())});
}

void write_time_line(const PageWriter& to, const DrawnRun& run,
                     const std::optional<Axis>& latency) {
  to.out.element("h3", run.name);
  to.out.element("p", to.word(Word::time_line_intro), {{"class", "muted"}});
  const Axis time = time_axis(run.bins);
  const double bottom = latency ? kLossBottom : kPlotTop + kLossHeight;
  {
    Picture picture{to.out, bottom + kBelowPlot, run.name, alternative_of(to, run)};
    draw_outages(to, run.target, time, bottom);
    picture.bottom_axis(time, time_ticks(time), bottom, to.word(Word::since_start));
    if (latency) {
      picture.left_axis(*latency, latency_ticks(*latency), to.word(Word::round_trip_time));
      draw_line(to, run.bins, time, *latency);
    }
    draw_losses(to, run.bins, time, bottom);
  }
  write_time_table(to, *run.target.series);
}

}  // namespace

void write_time_lines(const PageWriter& to, const PageTarget& target, const PageTarget* other) {
  std::vector<DrawnRun> runs;
  const auto add = [&](const PageTarget& run, Word which) {
    std::string name = to.word(Word::time_line);
    if (other != nullptr) name += ": " + to.word(which);
    if (run.series->timed) runs.push_back(drawn_run(run, std::move(name)));
  };
  add(target, Word::first_run);
  if (other != nullptr) add(*other, Word::second_run);
  const std::optional<Axis> latency = latency_of(runs);
  for (const DrawnRun& run : runs) write_time_line(to, run, latency);
  const std::size_t all = other != nullptr ? 2 : 1;
  if (runs.size() < all) to.out.element("p", to.word(Word::no_time_line), {{"class", "muted"}});
}

}  // namespace netecho
