#include "core/base/random.hpp"

#include "tests/support/catch.hpp"

using namespace netecho;

TEST_CASE("random: SplitMix64 gives its published values", "[unit][random]") {
  SplitMix64 random{1'234'567};
  CHECK(random.next() == 6'457'827'717'110'365'317ULL);
  CHECK(random.next() == 3'203'168'211'198'807'973ULL);
  CHECK(random.next() == 9'817'491'932'198'370'423ULL);
  CHECK(random.next() == 4'593'380'528'125'082'431ULL);
  CHECK(random.next() == 16'408'922'859'458'223'821ULL);
}

TEST_CASE("random: the same seed gives the same values, another seed others", "[unit][random]") {
  SplitMix64 first{42};
  SplitMix64 same{42};
  SplitMix64 other{43};
  const std::uint64_t value = first.next();
  CHECK(same.next() == value);
  CHECK(other.next() != value);
}

TEST_CASE("random: the unit interval holds its lower end and not its upper", "[unit][random]") {
  SplitMix64 random{7};
  double least = 1;
  double most = 0;
  double sum = 0;
  for (int i = 0; i < 100'000; ++i) {
    const double value = random.next_unit();
    least = value < least ? value : least;
    most = value > most ? value : most;
    sum += value;
  }
  CHECK(least >= 0);
  CHECK(least < 0.001);
  CHECK(most < 1);
  CHECK(most > 0.999);
  CHECK(sum / 100'000 > 0.495);
  CHECK(sum / 100'000 < 0.505);

  SplitMix64 known{1'234'567};
  CHECK(known.next_unit() == static_cast<double>(6'457'827'717'110'365'317ULL >> 11) * 0x1p-53);
}

TEST_CASE("random: the kernel's bits differ from call to call", "[unit][random]") {
  CHECK(random_u64() != random_u64());
}
