#pragma once

/// \file
/// A page is written for a colleague: by `report` from saved output, by `probe --html` when a run
/// has ended.

#include <optional>
#include <string>
#include <vector>

#include "core/report/output_file.hpp"
#include "core/report/page/words.hpp"
#include "core/report/page_facts.hpp"

namespace netecho {

/// The language of the locale's messages (LC_ALL, LC_MESSAGES, LANG), if a page speaks it.
[[nodiscard]] PageLanguage language_of_environment();

/// Renders the page of one run or two into `file`, and waits until it is written. Throws Error
/// (io).
void write_page(OutputFile& file, std::vector<PageRun> runs, PageLanguage language);

/// The version of this netecho.
[[nodiscard]] std::string version_of_netecho();

}  // namespace netecho
