#include <algorithm>

#include "core/report/page/parts.hpp"
#include "core/report/page/sections.hpp"
#include "core/report/text_figures.hpp"

namespace netecho {
namespace {

/// More rows than these have no bars: the table says the same.
constexpr std::size_t kMostBars = 40;

using Rows = std::vector<const PageTarget*>;

std::string share_of(const PageTarget& target, std::string_view path) {
  const auto ratio = target.figure(path);
  return ratio ? percent_text(*ratio) : "–";
}

PageTable::Cells row_of(const std::string& name, const PageTarget& target) {
  return {name,
          std::to_string(target.count("sent_total")),
          share_of(target, "loss_ratio"),
          share_of(target, "unanswered_ratio"),
          time_text(target.latency("min")),
          time_text(target.latency("p50")),
          time_text(target.latency("p90")),
          time_text(target.latency("p99")),
          time_text(target.latency("max"))};
}

/// The end of a name that is too long for its place: there names differ.
std::string end_of(const std::string& name) {
  constexpr std::size_t kMost = 36;
  if (name.size() <= kMost) return name;
  std::size_t from = name.size() - kMost;
  while (from < name.size() && (static_cast<unsigned char>(name[from]) & 0xC0U) == 0x80U) ++from;
  return "…" + name.substr(from);
}

/// Medians and 99th percentiles below each other: the eye finds the row that is unlike the others.
void write_bars(const PageWriter& to, const PageRun& run, const Rows& rows, Word heading) {
  std::optional<Duration> least;
  std::optional<Duration> most;
  for (const PageTarget* row : rows) {
    const auto half = row->latency("p50");
    if (!half) continue;
    const Duration high = row->latency("p99").value_or(row->latency("max").value_or(*half));
    least = std::min(least.value_or(*half), *half);
    most = std::max(most.value_or(high), high);
  }
  if (!least || rows.size() > kMostBars) return;
  constexpr double kRow = 22;
  constexpr double kNames = 304;
  const double bottom = kPlotTop + kRow * static_cast<double>(rows.size());
  const Axis axis = latency_axis(*least, *most, kNames, kPlotRight);
  to.out.element("p", to.word(Word::bars_intro), {{"class", "muted"}});
  Picture picture{to.out, bottom + kBelowPlot, to.word(heading), to.word(Word::bars_alt)};
  picture.bottom_axis(axis, latency_ticks(axis), bottom, to.word(Word::round_trip_time));
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const double y = kPlotTop + kRow * (static_cast<double>(i) + 0.5);
    to.out.element("text", end_of(target_name(run, *rows[i])),
                   {{"x", coordinate(kNames - 8)}, {"y", coordinate(y + 4)}, {"class", "left"}});
    const auto half = rows[i]->latency("p50");
    if (!half) continue;
    const Duration high = rows[i]->latency("p99").value_or(rows[i]->latency("max").value_or(*half));
    const double from = axis.at(static_cast<double>(half->count()));
    const double end = axis.at(static_cast<double>(high.count()));
    to.out.leaf("path", {{"class", "middle"},
                         {"d", "M" + coordinate(from) + " " + coordinate(y) + "H" +
                                   coordinate(std::max(end, from))}});
    to.out.leaf("circle",
                {{"class", "dot"}, {"cx", coordinate(from)}, {"cy", coordinate(y)}, {"r", "4"}});
  }
}

void write_rows(const PageWriter& to, const PageRun& run, const std::vector<PageTarget>& targets,
                Word heading) {
  if (targets.empty()) return;
  std::string caption = to.word(targets.size() > 1 ? heading : Word::summary);
  if (to.page.runs.size() > 1) caption += ": " + shown_name(run.name);
  to.out.element("h2", caption);
  Rows rows;
  rows.reserve(targets.size());
  for (const PageTarget& each : targets) rows.push_back(&each);
  if (rows.size() > 1) write_bars(to, run, rows, heading);
  PageTable table{to.out,
                  caption,
                  {to.word(Word::target), to.word(Word::sent), to.word(Word::lost),
                   to.word(Word::unanswered), "min", "p50", "p90", "p99", "max"}};
  for (const PageTarget& each : targets) {
    const std::string name = target_name(run, each);
    const bool failed = each.count("sent_total") == 0 && !each.error.empty();
    if (failed) {
      table.failed_row(
          row_of(name + " – " + to.words(Word::reached_not, {shown_name(each.error)}), each));
    } else {
      table.row(row_of(name, each));
    }
  }
}

}  // namespace

void write_targets(const PageWriter& to) {
  for (const PageRun& run : to.page.runs) {
    write_rows(to, run, run.targets, Word::targets);
    write_rows(to, run, run.flows, Word::flows);
  }
}

}  // namespace netecho
