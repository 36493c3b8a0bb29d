#include "core/base/zero_pages.hpp"

#include <algorithm>
#include <cstdint>
#include <new>
#include <span>
#include <utility>
#include <vector>

#include "tests/support/catch.hpp"

namespace netecho {
namespace {

TEST_CASE("zero_pages: all is zero at first, and stays where it is when moved", "[base][unit]") {
  // Less than a page, a page, and many; each a second time where the first may have been.
  const std::size_t size = GENERATE(1U, 511U, 511U, 512U, 512U, 10'000U);
  CAPTURE(size);
  ZeroPages<std::uint64_t> pages{size};
  REQUIRE(pages.size() == size);
  CHECK(std::ranges::count(std::span{pages.data(), size}, 0U) == static_cast<long>(size));
  CHECK(reinterpret_cast<std::uintptr_t>(pages.data()) % kZeroPagesAlignment == 0);
  std::ranges::fill(std::span{pages.data(), size}, 7U);
  const std::uint64_t* const before = pages.data();
  ZeroPages<std::uint64_t> moved = std::move(pages);
  CHECK(moved.data() == before);
  CHECK(moved[size - 1] == 7);
  CHECK(moved.size() == size);
}

TEST_CASE("zero_pages: a vector that has room stays where it is as it is filled", "[base][unit]") {
  std::vector<std::uint32_t, ZeroPageAllocator<std::uint32_t>> values;
  values.reserve(1'024);
  const std::uint32_t* const begin = values.data();
  for (std::uint32_t i = 0; i < 1'024; ++i) values.push_back(i);
  CHECK(values.data() == begin);
  values.push_back(1'024);  // Others move.
  CHECK(values[0] == 0);
  CHECK(values[1'024] == 1'024);
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
