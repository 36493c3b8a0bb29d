#include <algorithm>

#include "core/report/figure_values.hpp"
#include "core/report/page/parts.hpp"
#include "core/report/page/sections.hpp"
#include "core/report/summary_figures.hpp"

namespace netecho {
namespace {

/// The figures that a comparison begins with; all others are in the table of all figures.
constexpr const char* kCompared[] = {"sent_total",
                                     "received_total",
                                     "loss_ratio",
                                     "unanswered_ratio",
                                     "rtt_ns.min",
                                     "rtt_ns.mean",
                                     "rtt_ns.stddev",
                                     "rtt_ns.p50",
                                     "rtt_ns.p90",
                                     "rtt_ns.p99",
                                     "rtt_ns.p999",
                                     "rtt_ns.max",
                                     "response_ns.p99",
                                     "jitter_rfc3550_ns",
                                     "connect_time_ns.p50",
                                     "connect_time_ns.p99",
                                     "server_residence_ns.p50",
                                     "duplicate_total",
                                     "reordered_total",
                                     "late_total"};

std::string signed_text(FigureUnit unit, double difference) {
  const std::string size = figure_value_text(unit, difference < 0 ? -difference : difference);
  return (difference < 0 ? "−" : difference > 0 ? "+" : "±") + size;
}

/// The difference and, where there is something to relate it to, its share. The difference of two
/// shares is one of percentage points and has no share of its own.
std::string difference_text(const PageWriter& to, FigureUnit unit, double first, double second) {
  std::string out = signed_text(unit, second - first);
  if (unit == FigureUnit::ratio) return to.words(Word::points, {out});
  if (first == 0 || first == second) return out;
  const double change = (second - first) / first;
  return out + " (" + signed_text(FigureUnit::ratio, first < 0 ? -change : change) + ")";
}

void write_pair(const PageWriter& to, const PageRun& run, const PageTarget& first,
                const PageTarget& second) {
  PageTable table{to.out,
                  target_name(run, first),
                  {to.word(Word::figure), to.word(Word::first_run), to.word(Word::second_run),
                   to.word(Word::difference)},
                  Caption::shown};
  for (const char* path : kCompared) {
    const auto before = first.figure(path);
    const auto after = second.figure(path);
    if (!before && !after) continue;
    if (before == 0.0 && after == 0.0) continue;
    const SummaryFigure* figure = find_figure(path);
    if (figure == nullptr) continue;
    const auto shown = [&](const std::optional<double>& value) {
      return value ? figure_value_text(figure->unit, *value) : std::string("–");
    };
    table.row({figure->name, shown(before), shown(after),
               before && after ? difference_text(to, figure->unit, *before, *after) : "–"});
  }
}

}  // namespace

void write_comparison(const PageWriter& to) {
  if (to.page.runs.size() < 2) return;
  const PageRun& run = to.page.runs[0];
  const PageRun& other = to.page.runs[1];
  to.out.element("h2", to.word(Word::compare));
  to.out.element("p", to.word(Word::compare_intro), {{"class", "muted"}});
  std::size_t shown = 0;
  for (std::size_t i = 0; i < run.targets.size() && shown < kMaxPageEntries; ++i) {
    const PageTarget* same = counterpart(run, i, other);
    if (same == nullptr) continue;
    ++shown;
    write_pair(to, run, run.targets[i], *same);
  }
}

}  // namespace netecho
