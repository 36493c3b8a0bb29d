#include "cmd/run/page_output.hpp"

#include <cstdlib>
#include <string_view>
#include <utility>

#include "core/base/build_info.hpp"
#include "core/base/whole_file.hpp"
#include "core/report/page/page.hpp"

namespace netecho {

PageLanguage language_of_environment() {
  // The first of them that is set, as locale(7) has it.
  for (const char* name : {"LC_ALL", "LC_MESSAGES", "LANG"}) {
    const char* const value = std::getenv(name);
    if (value != nullptr && *value != '\0') return language_of_locale(value);
  }
  return PageLanguage::en;
}

void write_page(const std::string& path, std::vector<PageRun> runs, PageLanguage language) {
  const std::string page = render_page({.language = language,
                                        .version = std::string{build_info().version},
                                        .runs = std::move(runs)});
  write_whole_file(path, page, AfterPowerLoss::old_or_new);
}

}  // namespace netecho
