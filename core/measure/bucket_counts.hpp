#pragma once

/// \file
/// Counts durations in few buckets with given bounds, as monitoring systems keep them.

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/base/units.hpp"
#include "core/base/wide.hpp"
#include "core/measure/histogram.hpp"

namespace netecho {

/// The bounds where nobody chose others: from 1 µs to 10 s, in steps of 1, 2 and 5.
inline constexpr auto kUsualBounds = [] {
  std::array<Duration, 22> bounds{};
  Duration decade = std::chrono::microseconds{1};
  for (std::size_t i = 0; i < bounds.size(); ++i) {
    constexpr std::array<int, 3> kSteps{1, 2, 5};
    bounds.at(i) = decade * kSteps.at(i % kSteps.size());
    if (i % kSteps.size() == kSteps.size() - 1) decade *= 10;
  }
  return bounds;
}();

/// A bucket has what is above the bound before it, up to and including its own. The last one has
/// all the rest.
class BucketCounts {
 public:
  /// REQUIRES: `bounds` increase, and outlive this.
  explicit BucketCounts(std::span<const Duration> bounds = kUsualBounds);

  /// Exact. A negative value counts as zero. Does not allocate.
  void record(Duration value) noexcept;
  /// So many samples without a value: they are in the last bucket and in no sum.
  void record_infinite(std::uint64_t samples) noexcept { counts_.back() += samples; }
  /// Adds all that `histogram` has. It knows of its samples above 2 µs only the range of less than
  /// 0.1 % that they are in, and each counts as the least value of that range. So a sample of
  /// exactly a bound is never above it, one that is less than 0.1 % above it may count as the
  /// bound, and what was counted once is counted the same ever after. The sum is exact.
  void add(const Histogram& histogram) noexcept;

  [[nodiscard]] std::span<const Duration> bounds() const noexcept { return bounds_; }
  /// Each bucket by itself, and the last one behind all bounds.
  [[nodiscard]] std::span<const std::uint64_t> counts() const noexcept { return counts_; }
  /// Nanoseconds.
  [[nodiscard]] Wide sum() const noexcept { return sum_; }

 private:
  [[nodiscard]] std::uint64_t& bucket_of(Duration value) noexcept;

  std::span<const Duration> bounds_;
  std::vector<std::uint64_t> counts_;
  Wide sum_ = 0;
};

}  // namespace netecho
