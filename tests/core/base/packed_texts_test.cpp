#include "core/base/packed_texts.hpp"

#include "tests/support/catch.hpp"

namespace netecho {
namespace {

struct Row {
  int number;
  std::string_view short_text;
  std::string_view long_text;
};
constexpr Row kRows[] = {{1, "one", "the first"}, {2, "", "µ, of two bytes"}, {3, "three", ""}};
constexpr auto kShort = packed<kRows, &Row::short_text>();
constexpr auto kLong = packed<kRows, &Row::long_text>();

TEST_CASE("packed texts: each column of a table is read back as it was written", "[unit][base]") {
  for (std::size_t i = 0; i < std::size(kRows); ++i) {
    CAPTURE(i);
    CHECK(kShort[i] == kRows[i].short_text);
    CHECK(kLong[i] == kRows[i].long_text);
  }
}

TEST_CASE("packed texts: they stand one behind the other", "[unit][base]") {
  CHECK(kShort[1].data() == kShort[0].data() + kShort[0].size());
  CHECK(kShort[2].data() == kShort[0].data() + kShort[0].size());
}

}  // namespace
}  // namespace netecho
