#pragma once

/// \file
/// One page that shows a run, or two beside each other, to somebody who does not know netecho: it
/// needs no network and runs nothing (docs/report.md).

#include <string>
#include <vector>

#include "core/report/page/words.hpp"
#include "core/report/page_facts.hpp"

namespace netecho {

struct Page {
  PageLanguage language = PageLanguage::en;
  std::string version;        ///< Of the netecho that makes the page.
  std::vector<PageRun> runs;  ///< One, or two to compare.
};

/// Returns the whole document: UTF-8, at most 16 MiB. REQUIRES: one or two runs.
[[nodiscard]] std::string render_page(const Page& page);

}  // namespace netecho
