#include <algorithm>
#include <array>

#include "core/report/page/parts.hpp"
#include "core/report/page/sections.hpp"

namespace netecho {
namespace {

constexpr std::array<const char*, 6> kShownFigures{
    "instrument.send_lateness_ns.p50", "instrument.send_lateness_ns.p99",
    "instrument.send_call_ns.p50",     "instrument.wake_up_ns.p50",
    "instrument.clock_read_ns",        "instrument.floor_ns"};

bool has_instrument(const PageTarget& target) {
  return std::ranges::any_of(kShownFigures,
                             [&](const char* path) { return target.figure(path).has_value(); });
}

/// As `probe` says it in text (docs/metrics.md).
bool is_near_floor(const PageTarget& target) {
  const auto floor = target.time("instrument.floor_ns");
  const auto half = target.time("rtt_ns.p50");
  return floor && half && *half < *floor * 2;
}

}  // namespace

void write_instrument(const PageWriter& to) {
  // Output that was cut has no summary, and `send` does not look at itself.
  const auto tells = [](const PageRun& run) {
    return std::ranges::any_of(run.targets, has_instrument);
  };
  if (std::ranges::none_of(to.page.runs, tells)) return;
  to.out.element("h2", to.word(Word::instrument));
  to.out.element("p", to.word(Word::instrument_intro), {{"class", "muted"}});
  for (const PageRun& run : to.page.runs) {
    std::string caption = to.word(Word::instrument);
    if (to.page.runs.size() > 1) caption += ": " + shown_name(run.name);
    {
      PageTable table{to.out,
                      caption,
                      {to.word(Word::target), "send_lateness p50", "send_lateness p99",
                       "send_call p50", "wake_up p50", "clock_read", "floor"},
                      to.page.runs.size() > 1 ? Caption::shown : Caption::spoken};
      std::size_t rows = 0;
      for (const PageTarget& target : run.targets) {
        if (++rows > kMaxPageEntries) break;
        PageTable::Cells cells{target_name(run, target)};
        for (const char* path : kShownFigures) cells.push_back(time_text(target.time(path)));
        table.row(cells);
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
