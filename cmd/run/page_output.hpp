#pragma once

/// \file
/// A page is written for a colleague: by `report` from saved output, by `probe --html` when a run
/// has ended.

#include <string>
#include <vector>

#include "core/report/page/words.hpp"
#include "core/report/page_facts.hpp"

namespace netecho {

/// The language of the locale's messages (LC_ALL, LC_MESSAGES, LANG), if a page speaks it.
[[nodiscard]] PageLanguage language_of_environment();

/// Renders the page of one run or two and replaces the file, which has the old page or all of the
/// new one at any time. Throws Error (io).
void write_page(const std::string& path, std::vector<PageRun> runs, PageLanguage language);

}  // namespace netecho
