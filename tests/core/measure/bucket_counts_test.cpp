#include "core/measure/bucket_counts.hpp"

#include <array>

#include "tests/support/catch.hpp"

using namespace netecho;
using namespace std::chrono_literals;

namespace {

constexpr std::array kBounds{Duration{1us}, Duration{50us}, Duration{10ms}};

std::vector<std::uint64_t> counts_of(const BucketCounts& buckets) {
  return {buckets.counts().begin(), buckets.counts().end()};
}

}  // namespace

TEST_CASE("buckets: the usual bounds go from 1 µs to 10 s in steps of 1, 2 and 5", "[unit]") {
  CHECK(kUsualBounds[0] == 1us);
  CHECK(kUsualBounds[1] == 2us);
  CHECK(kUsualBounds[2] == 5us);
  CHECK(kUsualBounds[3] == 10us);
  CHECK(kUsualBounds[20] == 5s);
  CHECK(kUsualBounds[21] == 10s);
}

TEST_CASE("buckets: a bound belongs to the bucket below it", "[unit]") {
  BucketCounts buckets{kBounds};
  for (const Duration value : {Duration{-5ns}, Duration{0ns}, Duration{1us}, Duration{1001ns},
                               Duration{50us}, Duration{50001ns}, Duration{10ms}}) {
    buckets.record(value);
  }
  buckets.record(10ms + 1ns);
  CHECK(counts_of(buckets) == std::vector<std::uint64_t>{3, 2, 2, 1});
  CHECK(buckets.sum() == Wide{1000 + 1001 + 50000 + 50001 + 10'000'000 + 10'000'001});
}

TEST_CASE("buckets: what has no value is in the last one and in no sum", "[unit]") {
  BucketCounts buckets{kBounds};
  buckets.record_infinite(7);
  CHECK(counts_of(buckets) == std::vector<std::uint64_t>{0, 0, 0, 7});
  CHECK(buckets.sum() == Wide{0});
}

TEST_CASE("buckets: of a histogram, samples at a bound are never above it", "[unit]") {
  for (const Duration bound : kUsualBounds) {
    CAPTURE(bound.count());
    Histogram histogram{HistogramSpace::as_needed};
    histogram.record(bound);
    histogram.record(bound + bound / 1000 + 1ns);  // Beyond what may count as the bound.
    histogram.record(bound - 1ns);
    const std::array only{bound};
    BucketCounts buckets{only};
    buckets.add(histogram);
    CHECK(counts_of(buckets) == std::vector<std::uint64_t>{2, 1});
    CHECK(buckets.sum() == histogram.sum());
  }
}

TEST_CASE("buckets: up to 2 µs those of a histogram are exact", "[unit]") {
  Histogram histogram{HistogramSpace::as_needed};
  for (Duration each = 0ns; each < 2000ns; ++each) histogram.record(each);
  const std::array bounds{Duration{333ns}, Duration{1us}};
  BucketCounts buckets{bounds};
  buckets.add(histogram);
  CHECK(counts_of(buckets) == std::vector<std::uint64_t>{334, 667, 999});
}

TEST_CASE("buckets: what a histogram gets later moves nothing that was counted", "[unit]") {
  Histogram histogram{HistogramSpace::as_needed};
  histogram.record(50us);
  BucketCounts before{kBounds};
  before.add(histogram);
  histogram.record(50us + 10ns);
  BucketCounts after{kBounds};
  after.add(histogram);
  CHECK(before.counts()[1] == 1);
  CHECK(after.counts()[1] + after.counts()[2] == 2);
  CHECK(after.counts()[1] >= 1);
}
