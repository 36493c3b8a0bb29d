#include "cmd/run/page_output.hpp"

#include <cstdlib>
#include <string_view>
#include <utility>

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

std::string version_of_netecho() {
  return NETECHO_VERSION;
}

void write_page(OutputFile& file, std::vector<PageRun> runs, PageLanguage language) {
  file.write(render_page(
      {.language = language, .version = version_of_netecho(), .runs = std::move(runs)}));
  file.finish();
}

}  // namespace netecho
