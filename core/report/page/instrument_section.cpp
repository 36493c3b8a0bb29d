#include "core/report/page/parts.hpp"
#include "core/report/page/sections.hpp"

namespace netecho {
namespace {

/// As `probe` says it in text (docs/metrics.md).
bool is_near_floor(const PageTarget& target) {
  const auto floor = target.time("instrument.floor_ns");
  const auto half = target.time("rtt_ns.p50");
  return floor && half && *half < *floor * 2;
}

}  // namespace

void write_instrument(const PageWriter& to) {
  to.out.element("h2", to.word(Word::instrument));
  to.out.element("p", to.word(Word::instrument_intro), {{"class", "muted"}});
  for (const PageRun& run : to.page.runs) {
    std::string caption = to.word(Word::instrument);
    if (to.page.runs.size() > 1) caption += ": " + shown_name(run.name);
    {
      PageTable table{to.out,
                      caption,
                      {to.word(Word::target), "send_lateness p50", "p99", "send_call p50",
                       "wake_up p50", "clock_read", "floor"},
                      to.page.runs.size() > 1 ? Caption::shown : Caption::spoken};
      std::size_t rows = 0;
      for (const PageTarget& target : run.targets) {
        if (++rows > kMaxPageEntries) break;
        const auto time = [&](const char* path) { return time_text(target.time(path)); };
        table.row({target_name(run, target), time("instrument.send_lateness_ns.p50"),
                   time("instrument.send_lateness_ns.p99"), time("instrument.send_call_ns.p50"),
                   time("instrument.wake_up_ns.p50"), time("instrument.clock_read_ns"),
                   time("instrument.floor_ns")});
      }
    }
    for (const PageTarget& target : run.targets) {
      if (!is_near_floor(target)) continue;
      to.out.element(
          "p", to.words(Word::floor_note,
                        {target_name(run, target), time_text(target.time("instrument.floor_ns"))}));
    }
  }
}

}  // namespace netecho
