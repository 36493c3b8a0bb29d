#include "core/report/page/sections.hpp"

namespace netecho {

/// A block of this type is data: no browser runs it, so that the policy of the page needs no hole.
void write_data(const PageWriter& to) {
  to.out.open("section", {{"class", "screen"}}).element("h2", to.word(Word::data));
  to.out.element("p", to.word(Word::data_intro), {{"class", "muted"}});
  to.out.data("netecho-result-1", to.page.runs[0].json);
  if (to.page.runs.size() > 1) to.out.data("netecho-result-2", to.page.runs[1].json);
  to.out.close();
}

}  // namespace netecho
