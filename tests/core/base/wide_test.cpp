#include "core/base/wide.hpp"

#include "core/base/random.hpp"
#include "tests/support/catch.hpp"

using namespace netecho;

TEST_CASE("wide: two words carry, borrow and compare across their border", "[unit][base]") {
  constexpr std::uint64_t kMost = ~std::uint64_t{0};
  const TwoWords border = TwoWords{kMost} + 1;
  CHECK(static_cast<std::uint64_t>(border) == 0);
  CHECK(static_cast<long double>(border) == 0x1p64L);
  CHECK(border > TwoWords{kMost});
  CHECK(border - 1 == TwoWords{kMost});
  CHECK(border / 2 == TwoWords{std::uint64_t{1} << 63U});
  CHECK((TwoWords{} - 1) / (TwoWords{} - 1) == TwoWords{1});
  TwoWords sum = kMost;
  sum += kMost;
  CHECK(sum == TwoWords{kMost} * 2);
}

#ifdef __SIZEOF_INT128__
namespace {

TwoWords two_words(Wide value) {
  const TwoWords high = static_cast<std::uint64_t>(value >> 64U);
  return high * (TwoWords{~std::uint64_t{0}} + 1) + static_cast<std::uint64_t>(value);
}

}  // namespace

TEST_CASE("wide: two words calculate as the compiler's own type does", "[unit][base]") {
  SplitMix64 random{20};
  for (int i = 0; i < 2000; ++i) {
    // They have every length.
    const Wide a = (Wide{random.next()} << 64U | random.next()) >> (random.next() % 128);
    const Wide b = (Wide{random.next()} << 64U | random.next()) >> (random.next() % 128) | 1U;
    CHECK((two_words(a) + two_words(b) == two_words(a + b)));
    CHECK((two_words(a) - two_words(b) == two_words(a - b)));
    CHECK((two_words(a) * two_words(b) == two_words(a * b)));
    CHECK((two_words(a) / two_words(b) == two_words(a / b)));
    CHECK((two_words(a) < two_words(b)) == (a < b));
  }
}
#endif
