#include "core/measure/histogram.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <tuple>
#include <vector>

#include "core/base/random.hpp"
#include "tests/support/catch.hpp"

using namespace netecho;
using namespace std::chrono_literals;

namespace {

Histogram of(const std::vector<Duration>& values) {
  Histogram histogram;
  for (const Duration value : values) histogram.record(value);
  return histogram;
}

/// Spread over all magnitudes from 1 ns to 1 h.
std::vector<Duration> spread_values(std::size_t count, std::uint64_t seed) {
  SplitMix64 random{seed};
  std::vector<Duration> values;
  for (std::size_t i = 0; i < count; ++i) {
    values.emplace_back(std::llround(std::pow(3.6e12, random.next_unit())));
  }
  return values;
}

}  // namespace

TEST_CASE("histogram: without samples nothing is known", "[measure][unit]") {
  const Histogram histogram;
  CHECK(histogram.count() == 0);
  CHECK(histogram.min() == std::nullopt);
  CHECK(histogram.max() == std::nullopt);
  CHECK(histogram.mean() == std::nullopt);
  CHECK(histogram.stddev() == std::nullopt);
  CHECK(histogram.percentile(kP50) == std::nullopt);
}

TEST_CASE("histogram: one sample is all figures up to the median", "[measure][unit]") {
  const Histogram histogram = of({10ms});
  CHECK(histogram.min() == 10ms);
  CHECK(histogram.max() == 10ms);
  CHECK(histogram.mean() == 10ms);
  CHECK(histogram.stddev() == 0ns);
  CHECK(histogram.percentile(kP25) == 10ms);
  CHECK(histogram.percentile(kP50) == 10ms);
  CHECK(histogram.percentile(kP75) == std::nullopt);
}

TEST_CASE("histogram: a visit meets each bucket with samples once, upwards", "[measure][unit]") {
  struct Bucket {
    Duration lower;
    Duration upper;
    std::uint64_t count;
    bool operator==(const Bucket&) const = default;
  };
  std::vector<Bucket> seen;
  const auto note = [&](Duration lower, Duration upper, std::uint64_t count) {
    seen.push_back({lower, upper, count});
  };
  Histogram{}.for_each(note);
  CHECK(seen.empty());
  of({2h, 50us, 50'010ns, 5ns, 0ns, 5ns, 2'048ns}).for_each(note);
  CHECK(seen == std::vector<Bucket>{{0ns, 0ns, 1},
                                    {5ns, 5ns, 2},
                                    {2'048ns, 2'049ns, 1},
                                    {49'984ns, 50'015ns, 2},
                                    {3'599'182'594'048ns, 3'601'330'077'695ns, 1}});
}

TEST_CASE("histogram: a percentile needs 1/(1-p) samples", "[measure][unit]") {
  struct Case {
    Percentile p;
    std::uint64_t needed;
  };
  const auto [p, needed] = GENERATE(Case{kP75, 4}, Case{kP90, 10}, Case{kP95, 20}, Case{kP99, 100},
                                    Case{kP999, 1'000}, Case{kP9999, 10'000});
  CAPTURE(p.per_ten_thousand);
  Histogram histogram;
  for (std::uint64_t i = 1; i < needed; ++i) histogram.record(1us);
  CHECK(histogram.percentile(p) == std::nullopt);
  histogram.record(1us);
  CHECK(histogram.percentile(p) == 1us);
}

TEST_CASE("histogram: a percentile is the smallest value that enough samples do not exceed",
          "[measure][unit]") {
  Histogram histogram;
  for (int i = 100; i >= 1; --i) histogram.record(Duration{i});
  CHECK(histogram.percentile(kP25) == 25ns);
  CHECK(histogram.percentile(kP50) == 50ns);
  CHECK(histogram.percentile(kP75) == 75ns);
  CHECK(histogram.percentile(kP90) == 90ns);
  CHECK(histogram.percentile(kP99) == 99ns);
}

TEST_CASE("histogram: mean and population standard deviation are exact", "[measure][unit]") {
  CHECK(of({2s, 4s, 4s, 4s, 5s, 5s, 7s, 9s}).mean() == 5s);
  CHECK(of({2s, 4s, 4s, 4s, 5s, 5s, 7s, 9s}).stddev() == 2s);
  CHECK(of({1ns, 2ns}).mean() == 2ns);  // 1.5, rounded.
  // A spread of 3 ns on an hour: nothing of it is lost to rounding.
  CHECK(of({1h - 3ns, 1h + 3ns}).stddev() == 3ns);
}

TEST_CASE("histogram: equal samples recorded at once are as many recorded one by one",
          "[measure][unit]") {
  for (const HistogramSpace space : {HistogramSpace::at_once, HistogramSpace::as_needed}) {
    Histogram at_once{space};
    Histogram singly{space};
    for (const auto& [value, times] : {std::pair{Duration{7us}, 3},
                                       {Duration{2h}, 2},
                                       {Duration{-5ns}, 2},
                                       {Duration{7us}, 1}}) {
      at_once.record(value, static_cast<std::uint64_t>(times));
      for (int i = 0; i < times; ++i) singly.record(value);
    }
    CHECK(at_once.count() == 8);
    CHECK(at_once.min() == 0ns);
    CHECK(at_once.max() == 2h);
    CHECK(at_once.mean() == singly.mean());
    CHECK(at_once.stddev() == singly.stddev());
    CHECK(at_once.sum() == singly.sum());
    CHECK(at_once.percentile(kP25) == 0ns);
    CHECK(at_once.percentile(kP50) == singly.percentile(kP50));
  }
}

TEST_CASE("histogram: percentiles are at most 0.1 % off, from 1 ns to 1 h", "[measure][unit]") {
  std::vector<Duration> values = spread_values(20'000, 7);
  const Histogram histogram = of(values);
  std::sort(values.begin(), values.end());
  for (const Percentile p : {kP25, kP50, kP75, kP90, kP95, kP99, kP999, kP9999}) {
    CAPTURE(p.per_ten_thousand);
    const std::size_t rank = (values.size() * p.per_ten_thousand + 9'999) / 10'000;
    const auto exact = static_cast<double>(values[rank - 1].count());
    const auto found = static_cast<double>(histogram.percentile(p).value().count());
    CHECK(found >= exact);
    CHECK(found <= exact * 1.001);
  }
}

TEST_CASE("histogram: every bucket is at most 0.1 % wide", "[measure][unit]") {
  for (const Duration value : spread_values(5'000, 11)) {
    // The larger one keeps the median from being clamped to the maximum.
    const auto found = of({value, 2h}).percentile(kP50).value();
    CAPTURE(value.count(), found.count());
    REQUIRE(found >= value);
    REQUIRE(static_cast<double>((found - value).count()) <=
            0.001 * static_cast<double>(value.count()));
  }
}

TEST_CASE("histogram: what is too long or negative is kept, at the end of the scale",
          "[measure][unit]") {
  const Histogram histogram = of({-5ns, 0ns, 100h});
  CHECK(histogram.min() == 0ns);
  CHECK(histogram.max() == 100h);
  CHECK(histogram.percentile(kP50) == 0ns);
  CHECK(of({100h}).percentile(kP50).value() >= Histogram::kHighest);
}

TEST_CASE("histogram: an infinite sample makes null whatever it reaches", "[measure][unit]") {
  const Histogram histogram = of({100ns, 200ns, 300ns});
  CHECK(histogram.percentile(kP25, 1) == 100ns);
  CHECK(histogram.percentile(kP50, 1) == 200ns);
  CHECK(histogram.percentile(kP75, 1) == 300ns);
  CHECK(histogram.percentile(kP50, 2) == 300ns);
  CHECK(histogram.percentile(kP75, 2) == std::nullopt);
  CHECK(Histogram{}.percentile(kP50, 1) == std::nullopt);
}

TEST_CASE("histogram: the least and the greatest are those of all that were merged",
          "[measure][unit]") {
  Histogram up = of({3ns, 10ns});
  up.merge(of({5ns, 20ns}));
  CHECK(up.min() == 3ns);
  CHECK(up.max() == 20ns);
  Histogram down = of({5ns, 20ns});
  down.merge(of({3ns, 10ns}));
  CHECK(down.min() == 3ns);
  CHECK(down.max() == 20ns);
}

namespace {

/// What is told of a distribution: all of it.
struct Figures {
  explicit Figures(const Histogram& all)
      : count{all.count()}, exact{all.min(), all.mean(), all.stddev(), all.max()} {
    for (const Percentile p : {kP25, kP50, kP75, kP90, kP95, kP99, kP999, kP9999}) {
      percentiles.push_back(all.percentile(p));
      percentiles.push_back(all.percentile(p, count / 3));
    }
    all.for_each([&](Duration lower, Duration upper, std::uint64_t samples) {
      buckets.emplace_back(lower, upper, samples);
    });
  }
  bool operator==(const Figures&) const = default;

  std::uint64_t count;
  std::array<std::optional<Duration>, 4> exact;
  std::vector<std::optional<Duration>> percentiles;
  std::vector<std::tuple<Duration, Duration, std::uint64_t>> buckets;
};

Histogram recorded(HistogramSpace space, const std::vector<Duration>& values) {
  Histogram histogram{space};
  for (const Duration value : values) histogram.record(value);
  return histogram;
}

Histogram as_needed(const std::vector<Duration>& values) {
  return recorded(HistogramSpace::as_needed, values);
}

Histogram reserved(const std::vector<Duration>& values) {
  return recorded(HistogramSpace::reserved, values);
}

}  // namespace

TEST_CASE("histogram: figures do not depend on when it takes its memory", "[measure][unit]") {
  // Before the list is full, at that moment, and long after.
  const std::size_t count = GENERATE(0U, 1U, 500U, 1'023U, 1'024U, 1'025U, 1'500U, 20'000U);
  CAPTURE(count);
  std::vector<Duration> values;
  for (std::size_t i = 0; i < count; ++i) {
    const auto step = static_cast<std::int64_t>(i);  // A bucket each, as long as there are few.
    values.emplace_back(i < 1'024 ? step : step * step * 1'000);
  }
  CHECK((Figures{as_needed(values)} == Figures{of(values)}));
  CHECK((Figures{reserved(values)} == Figures{of(values)}));

  const std::vector<Duration> more = spread_values(700, 12);
  std::vector<Duration> all = values;
  all.insert(all.end(), more.begin(), more.end());
  const Figures expected{of(all)};
  for (const auto& make : {of, as_needed, reserved}) {
    for (const auto& make_other : {of, as_needed, reserved}) {
      Histogram merged = make(values);
      merged.merge(make_other(more));
      CHECK((Figures{merged} == expected));
    }
  }
}

TEST_CASE("histogram: few samples take little memory, and many as much as they ever do",
          "[measure][unit]") {
  CHECK(as_needed({}).touched_bytes() == 0);
  CHECK(as_needed(spread_values(10, 1)).touched_bytes() <= 128);
  CHECK(of({1ms}).touched_bytes() == 8'192);
  const std::vector<Duration> many = spread_values(20'000, 1);
  CHECK(as_needed(many).touched_bytes() == of(many).touched_bytes());
  CHECK(reserved(spread_values(1'000, 1)).touched_bytes() == 4'096);
}

TEST_CASE("histogram: a list of few samples counts the same one as often as it comes",
          "[measure][unit]") {
  const std::vector<Duration> often(70'000, 5ns);  // A place of the list has two bytes for it.
  CHECK((Figures{as_needed(often)} == Figures{of(often)}));
  CHECK((Figures{reserved(often)} == Figures{of(often)}));
}

TEST_CASE("histogram: as needed, a reset forgets all", "[measure][unit]") {
  Histogram histogram = as_needed({1ms, 2ms});
  histogram.reset();
  CHECK((Figures{histogram} == Figures{Histogram{}}));
  histogram.record(3ms);
  CHECK((Figures{histogram} == Figures{of({3ms})}));
}

TEST_CASE("histogram: merged histograms are the histogram of all their samples",
          "[measure][unit]") {
  const std::vector<Duration> first = spread_values(3'000, 1);
  const std::vector<Duration> second = spread_values(5'000, 2);
  Histogram merged{HistogramSpace::as_needed};
  merged.merge(of(first));
  merged.merge(of(second));
  merged.merge(Histogram{HistogramSpace::as_needed});

  std::vector<Duration> all = first;
  all.insert(all.end(), second.begin(), second.end());
  const Histogram whole = of(all);
  CHECK(merged.count() == 8'000);
  CHECK(merged.min() == whole.min());
  CHECK(merged.max() == whole.max());
  CHECK(merged.mean() == whole.mean());
  CHECK(merged.stddev() == whole.stddev());
  for (const Percentile p : {kP25, kP50, kP75, kP90, kP95, kP99, kP999, kP9999}) {
    CAPTURE(p.per_ten_thousand);
    CHECK(merged.percentile(p) == whole.percentile(p));
  }
}
