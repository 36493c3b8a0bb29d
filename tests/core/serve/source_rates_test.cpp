#include "core/serve/source_rates.hpp"

#include "tests/support/catch.hpp"

using namespace netecho;
using namespace std::chrono_literals;

namespace {

constexpr Instant kStart{1h};

/// Replies admitted to `prefix` of `wanted`, `gap` apart.
int admitted(SourceRates& rates, std::uint64_t prefix, int wanted, Duration gap,
             Instant from = kStart) {
  int count = 0;
  for (int i = 0; i < wanted; ++i) count += rates.admit(prefix, from + i * gap) ? 1 : 0;
  return count;
}

}  // namespace

TEST_CASE("rates: who stays within the rate gets every reply", "[engine][unit]") {
  SourceRates rates{1ms, 1};
  CHECK(admitted(rates, 7, 100'000, 1ms) == 100'000);
}

TEST_CASE("rates: a burst is a tenth of a second's replies, then the rate holds",
          "[engine][unit]") {
  SourceRates rates{1ms, 1};
  CHECK(admitted(rates, 7, 5000, 0ms) == 100);
  // 10,000 in the second that follows, of which the rate is a tenth.
  CHECK(admitted(rates, 7, 10'000, 100us, kStart + 100us) == 1000);
}

TEST_CASE("rates: a slow rate lets one reply through at a time", "[engine][unit]") {
  SourceRates rates{1s, 1};
  CHECK(admitted(rates, 7, 10, 0ms) == 1);
  CHECK_FALSE(rates.admit(7, kStart + 999ms));
  CHECK(rates.admit(7, kStart + 1s));
}

TEST_CASE("rates: prefixes do not pay for each other", "[engine][unit]") {
  SourceRates rates{1s, 1};
  CHECK(rates.admit(7, kStart));
  CHECK_FALSE(rates.admit(7, kStart));
  CHECK(rates.admit(8, kStart));
}

TEST_CASE("rates: more sources than there are places share one bucket, and free it again",
          "[engine][unit]") {
  SourceRates rates{1s, 1};
  int count = 0;
  constexpr int kSources = 1'000'000;
  for (int i = 1; i <= kSources; ++i) {
    count += rates.admit(static_cast<std::uint64_t>(i), kStart) ? 1 : 0;
  }
  CHECK(count <= static_cast<int>(SourceRates::kPlaces) + 1);
  CHECK(count > static_cast<int>(SourceRates::kPlaces) * 9 / 10);
  // A second later nobody owes anything, and newcomers find a place.
  CHECK(admitted(rates, kSources + 1, 1, 0ms, kStart + 1s) == 1);
  CHECK(admitted(rates, kSources + 2, 1, 0ms, kStart + 1s) == 1);
}
