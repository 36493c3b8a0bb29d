#include "core/report/page/parts.hpp"
#include "core/report/page/plots.hpp"
#include "core/report/page/sections.hpp"

namespace netecho {
namespace {

void write_outages(const PageWriter& to, const PageTarget& target) {
  if (target.outages.empty()) return;
  PageTable table{to.out,
                  to.word(Word::outages),
                  {to.word(Word::start), to.word(Word::duration), to.word(Word::probes)},
                  Caption::shown};
  for (const Outage& each : target.outages) {
    table.row({date_text(each.start), format_duration(each.duration), std::to_string(each.probes)});
  }
}

void write_reasons(const PageWriter& to, const PageTarget& target) {
  if (target.send_errors.empty()) return;
  PageTable table{to.out,
                  to.word(Word::reasons),
                  {to.word(Word::reason), to.word(Word::probes)},
                  Caption::shown};
  for (const SendError& each : target.send_errors) {
    table.row({shown_name(each.errno_name), std::to_string(each.count)});
  }
}

void write_stations(const PageWriter& to, const PageTarget& target) {
  if (target.stations.empty()) return;
  PageTable table{to.out,
                  to.word(Word::stations),
                  {to.word(Word::address), to.word(Word::received), "min", "p50", "p99", "max"},
                  Caption::shown};
  for (const StationFigures& each : target.stations) {
    table.row({shown_name(each.address), std::to_string(each.received_total),
               time_text(each.rtt.min), time_text(each.rtt.p50), time_text(each.rtt.p99),
               time_text(each.rtt.max)});
  }
}

void write_muted(const PageWriter& to, Word word) {
  to.out.element("p", to.word(word), {{"class", "muted"}});
}

const Histogram* latency_of(const PageTarget* target) {
  const bool has = target != nullptr && target->series && target->series->latency().count() != 0;
  return has ? &target->series->latency() : nullptr;
}

/// The second run's distribution is drawn into the first one's plots.
void write_plots_of(const PageWriter& to, const PageTarget& target, const PageTarget* other) {
  if (target.series) {
    const Histogram* latency = latency_of(&target);
    const bool two = to.page.runs.size() > 1 && other != nullptr;
    if (target.series->timed) {
      write_time_line(to, target, two ? to.word(Word::first_run) : "");
    } else {
      write_muted(to, Word::no_time_line);
    }
    if (other != nullptr && other->series && other->series->timed) {
      write_time_line(to, *other, to.word(Word::second_run));
    }
    if (latency != nullptr) {
      write_curve(to, *latency, latency_of(other));
      write_histogram(to, *latency, latency_of(other));
    } else {
      write_muted(to, Word::no_replies);
    }
  }
  write_outages(to, target);
  write_reasons(to, target);
  write_stations(to, target);
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
      const PageTarget* other = nullptr;
      if (runs.size() > 1) {
        const PageRun& second = runs[1 - r];
        other = counterpart(run, i, second);
        // What was drawn with the first run needs no place of its own.
        const bool drawn = r == 1 && other != nullptr && other->series != nullptr;
        if (drawn && target.series) continue;
      }
      ++shown;
      to.out.element("h2", target_name(run, target));
      write_plots_of(to, target, r == 0 ? other : nullptr);
    }
    write_missing(to, run);
  }
}

}  // namespace netecho
