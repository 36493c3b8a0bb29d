#include "core/report/page/parts.hpp"
#include "core/report/page/plots.hpp"
#include "core/report/page/sections.hpp"

namespace netecho {
namespace {

void write_outages(const PageWriter& to, const PageTarget& target, const std::string& run) {
  if (target.outages.empty()) return;
  PageTable table{to.out,
                  to.word(Word::outages) + run,
                  {to.word(Word::start), to.word(Word::duration), to.word(Word::probes)},
                  Caption::shown};
  for (const Outage& each : target.outages) {
    table.row({date_text(each.start), format_duration(each.duration), std::to_string(each.probes)});
  }
}

void write_reasons(const PageWriter& to, const PageTarget& target, const std::string& run) {
  if (target.send_errors.empty()) return;
  PageTable table{to.out,
                  to.word(Word::reasons) + run,
                  {to.word(Word::reason), to.word(Word::probes)},
                  Caption::shown};
  for (const SendError& each : target.send_errors) {
    table.row({shown_name(each.errno_name), std::to_string(each.count)});
  }
}

void write_stations(const PageWriter& to, const PageTarget& target, const std::string& run) {
  if (target.stations.empty()) return;
  PageTable table{to.out,
                  to.word(Word::stations) + run,
                  {to.word(Word::address), to.word(Word::received), "min", "p50", "p99", "max"},
                  Caption::shown};
  for (const StationFigures& each : target.stations) {
    table.row({shown_name(each.address), std::to_string(each.received_total),
               time_text(each.rtt.min), time_text(each.rtt.p50), time_text(each.rtt.p99),
               time_text(each.rtt.max)});
  }
}

const Histogram* latency_of(const PageTarget* target) {
  const bool has = target != nullptr && target->series && target->series->latency().count() != 0;
  return has ? &target->series->latency() : nullptr;
}

/// `run`: which of two, or nothing.
void write_lists(const PageWriter& to, const PageTarget& target, const std::string& run) {
  write_outages(to, target, run);
  write_reasons(to, target, run);
  write_stations(to, target, run);
}

/// `other`: the second run of two, which is drawn into the plots of the first one; else null.
void write_plots_of(const PageWriter& to, const PageTarget& target, const PageTarget* other) {
  if (target.series) {
    write_time_lines(to, target, other);
    if (const Histogram* latency = latency_of(&target); latency != nullptr) {
      write_curve(to, *latency, latency_of(other));
      write_histogram(to, *latency, latency_of(other));
    } else {
      to.out.element("p", to.word(Word::no_replies), {{"class", "muted"}});
    }
  }
  write_lists(to, target, other != nullptr ? ": " + to.word(Word::first_run) : "");
  if (other != nullptr) write_lists(to, *other, ": " + to.word(Word::second_run));
}

bool has_details(const PageTarget& target) {
  return target.series || !target.outages.empty() || !target.send_errors.empty() ||
         !target.stations.empty();
}

/// Tells what is left out if nothing is known of any single probe.
void write_missing(const PageWriter& to, const PageRun& run) {
  for (const PageTarget& target : run.targets) {
    if (target.series) return;
  }
  std::string text = to.word(Word::no_probes_known);
  if (to.page.runs.size() > 1) text = shown_name(run.name) + ": " + text;
  to.out.element("p", text, {{"class", "muted"}});
}

}  // namespace

void write_plots(const PageWriter& to) {
  const std::vector<PageRun>& runs = to.page.runs;
  std::size_t shown = 0;
  for (std::size_t r = 0; r < runs.size(); ++r) {
    const PageRun& run = runs[r];
    for (std::size_t i = 0; i < run.targets.size() && shown < 2 * SeriesSet::kMost; ++i) {
      const PageTarget& target = run.targets[i];
      if (!has_details(target)) continue;
      const PageTarget* same = runs.size() > 1 ? counterpart(run, i, runs[1 - r]) : nullptr;
      // What can be drawn together has one place, in which the first run comes first.
      const bool together = same != nullptr && same->series && target.series;
      if (together && r == 1) continue;
      ++shown;
      std::string name = target_name(run, target);
      if (runs.size() > 1 && !together) {
        name += ": " + to.word(r == 0 ? Word::first_run : Word::second_run);
      }
      to.out.element("h2", name);
      write_plots_of(to, target, together ? same : nullptr);
    }
    write_missing(to, run);
  }
}

}  // namespace netecho
