#include "core/report/format.hpp"

#include "tests/core/report/samples.hpp"
#include "tests/support/catch.hpp"

namespace netecho {
namespace {

TEST_CASE("formats: each has what its readers need, and nothing else", "[report][unit]") {
  for (const Format& format : formats()) {
    CAPTURE(format.name);
    const bool document = format.kind == FormatKind::document;
    const bool at_the_end = document || format.kind == FormatKind::figures;
    CHECK((format.event != nullptr) == !at_the_end);
    CHECK((format.result != nullptr) == at_the_end);
    CHECK(format.stream.empty() == !document);
    CHECK(find_format(format.name) == &format);
    CHECK(in_pieces(format).kind != FormatKind::document);
  }
  CHECK(find_format("yaml") == nullptr);
  CHECK(find_format("") == nullptr);
}

TEST_CASE("formats: every event and result ends its line", "[report][unit]") {
  for (const Format& format : formats()) {
    CAPTURE(format.name);
    for (const Event& event : samples::all_events()) {
      if (format.event != nullptr) CHECK(format.event(event, {}).ends_with('\n'));
    }
    for (const ResultEvent& result : samples::all_results()) {
      if (format.result != nullptr) CHECK(format.result(result).ends_with('\n'));
    }
  }
}

TEST_CASE("formats: the stream of json is jsonl, of all others they themselves", "[report][unit]") {
  CHECK(in_pieces(json_format()).name == "jsonl");
  CHECK(&in_pieces(text_format()) == &text_format());
  CHECK(&in_pieces(*find_format("jsonl")) == find_format("jsonl"));
}

}  // namespace
}  // namespace netecho
