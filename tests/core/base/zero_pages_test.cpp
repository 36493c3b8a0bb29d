#include "core/base/zero_pages.hpp"

#include <cstdint>
#include <new>
#include <utility>

#include "tests/support/catch.hpp"

namespace netecho {
namespace {

TEST_CASE("zero_pages: all is zero at first, and stays where it is when moved", "[base][unit]") {
  ZeroPages<std::uint64_t> pages{10'000};
  REQUIRE(pages.size() == 10'000);
  CHECK(pages[0] == 0);
  CHECK(pages[9'999] == 0);
  pages[9'999] = 7;
  const std::uint64_t* const before = pages.data();
  ZeroPages<std::uint64_t> moved = std::move(pages);
  CHECK(moved.data() == before);
  CHECK(moved[9'999] == 7);
  CHECK(moved.size() == 10'000);
}

TEST_CASE("zero_pages: none are there until they are asked for", "[base][unit]") {
  const ZeroPages<std::uint64_t> none;
  CHECK(none.empty());
  CHECK(none.size() == 0);
}

TEST_CASE("zero_pages: more than there can be is refused", "[base][unit]") {
  CHECK_THROWS_AS(ZeroPages<std::byte>{SIZE_MAX / 2}, std::bad_alloc);
}

}  // namespace
}  // namespace netecho
