// Saved output, whatever it says: a page with the markup of netecho alone, and valid data in it.

#include <nlohmann/json.hpp>

#include "core/report/page/page.hpp"
#include "core/report/result_reader.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace netecho::fuzz {

void fuzz_one(std::span<const std::byte> input) {
  SeriesSet series;
  ReadResult read = read_result_text(std::string{text_of(input)}, ReplyUse::plots, series);
  attach_series(read.run, series);
  require(read.readable || read.run.targets.empty(), "there is no target of nothing");
  const std::string& json = read.run.json;
  require(json.find('<') == std::string::npos, "data has no markup");
  require(nlohmann::json::accept(json), "and is JSON");
  Page page{.language = PageLanguage::ko, .version = "0", .runs = {}};
  page.runs.push_back(std::move(read.run));
  const std::string html = render_page(page);
  const std::size_t script = html.find("<script");
  require(script != std::string::npos, "the data is in the page");
  require(html.find("<script", script + 1) == std::string::npos, "and no other script is");
  for (const char c : html) {
    require(c == '\n' || c == '\t' || static_cast<unsigned char>(c) >= 0x20,
            "no control character");
  }
}

}  // namespace netecho::fuzz
