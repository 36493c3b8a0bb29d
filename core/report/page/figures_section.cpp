#include "core/report/figure_values.hpp"
#include "core/report/page/parts.hpp"
#include "core/report/page/sections.hpp"
#include "core/report/summary_figures.hpp"

namespace netecho {
namespace {

/// All figures of more targets than these are in the data alone.
constexpr std::size_t kMostTables = 12;

void write_figures_of(const PageWriter& to, const PageRun& run, const PageTarget& target) {
  std::string caption = target_name(run, target);
  if (to.page.runs.size() > 1) caption = shown_name(run.name) + ": " + caption;
  to.out.open("details").element("summary", caption);
  {
    PageTable table{to.out, caption, {to.word(Word::figure), to.word(Word::value)}};
    const auto& all = summary_figures();
    for (std::size_t i = 0; i < all.size() && i < target.figures.size(); ++i) {
      const auto& value = target.figures[i];
      if (value) table.row({all[i].path, figure_value_text(all[i].unit, *value)});
    }
  }
  to.out.close();
}

}  // namespace

void write_figures(const PageWriter& to) {
  to.out.open("section", {{"class", "screen"}}).element("h2", to.word(Word::figures));
  to.out.element("p", to.word(Word::figures_intro), {{"class", "muted"}});
  for (const PageRun& run : to.page.runs) {
    std::size_t shown = 0;
    for (const PageTarget& target : run.targets) {
      if (++shown > kMostTables) break;
      write_figures_of(to, run, target);
    }
  }
  to.out.close();
}

}  // namespace netecho
