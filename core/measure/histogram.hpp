#pragma once

/// \file
/// Counts durations by the million in constant memory: it has log-linear buckets as in
/// HdrHistogram, and exact count, minimum, maximum, mean and standard deviation.
///
/// Up to 2,047 ns each nanosecond has a bucket; above, each octave has 1,024 of them, so a
/// percentile exceeds the sample it stands for by less than 1/1024 (< 0.1 %), and never understates
/// it.

#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "core/base/units.hpp"
#include "core/base/wide.hpp"
#include "core/base/zero_pages.hpp"

namespace netecho {

/// This is an exact share of the samples: 99.9 % is {9990}.
struct Percentile {
  std::uint32_t per_ten_thousand = 0;
};
inline constexpr Percentile kP25{2500};
inline constexpr Percentile kP50{5000};
inline constexpr Percentile kP75{7500};
inline constexpr Percentile kP90{9000};
inline constexpr Percentile kP95{9500};
inline constexpr Percentile kP99{9900};
inline constexpr Percentile kP999{9990};
inline constexpr Percentile kP9999{9999};

/// When a histogram takes its memory.
enum class HistogramSpace : std::uint8_t {
  at_once,    ///< Samples are recorded without an allocation, in buckets from the first one on.
  reserved,   ///< Without an allocation, too; but a list comes before the buckets, as if as needed.
  as_needed,  ///< For sums, and where there are many histograms of few samples each.
  none,       ///< Never, and samples are forgotten: somebody else keeps them.
};

/// The buckets of a range get memory from the kernel when the range is first touched (a page of
/// 4 KiB is half an octave). Reserved or as needed, none is touched before more than kMostFew
/// buckets have samples: until then these alone are kept, in a list of a page at most. Figures do
/// not depend on that.
class Histogram {
 public:
  /// Buckets end here: a longer sample counts as this one in percentiles (not in max() and mean()).
  static constexpr Duration kHighest = std::chrono::hours{1};

  /// Throws std::bad_alloc.
  explicit Histogram(HistogramSpace space = HistogramSpace::at_once);

  /// A sample, or so many equal ones. O(1), in a list O(log kMostFew). A negative value counts as
  /// zero. Throws std::bad_alloc only where the space is taken as needed. REQUIRES: times > 0.
  void record(Duration value, std::uint64_t times = 1);
  /// As if all samples of `other` had been recorded here. Throws std::bad_alloc only where the
  /// space is taken as needed.
  void merge(const Histogram& other);
  /// Forgets all samples, but keeps its memory.
  void reset() noexcept;

  [[nodiscard]] std::uint64_t count() const noexcept { return count_; }
  /// These are exact; none without samples.
  [[nodiscard]] std::optional<Duration> min() const noexcept;
  [[nodiscard]] std::optional<Duration> max() const noexcept;
  /// These come from exact sums, rounded to the nearest nanosecond. stddev is the population's
  /// (divisor n).
  [[nodiscard]] std::optional<Duration> mean() const noexcept;
  [[nodiscard]] std::optional<Duration> stddev() const noexcept;
  /// All samples together, in nanoseconds; exact.
  [[nodiscard]] Wide sum() const noexcept { return sum_; }

  /// The smallest x with F(x) >= p (RFC 2330 section 11.3), where `infinite` more samples count as
  /// +infinity. None when x is infinite, when there are fewer than 1/(1-p) samples, or none at all;
  /// p50 and below need one.
  [[nodiscard]] std::optional<Duration> percentile(Percentile p,
                                                   std::uint64_t infinite = 0) const noexcept;

  /// Calls `visit(Duration lower, Duration upper, std::uint64_t count)` for each bucket with
  /// samples, upwards; `lower` and `upper` belong to the bucket.
  template <typename Visit>
  void for_each(const Visit& visit) const;

  /// Memory of the ranges seen so far, or of the list; it does not grow with the number of samples.
  [[nodiscard]] std::size_t touched_bytes() const noexcept;

 private:
  static constexpr unsigned kOctaveBits = 10;
  static constexpr std::size_t kOctaveBuckets = std::size_t{1} << kOctaveBits;
  static constexpr std::size_t index_of(std::uint64_t value) noexcept;
  static constexpr std::uint64_t upper_end(std::uint64_t index) noexcept {
    if (index < 2 * kOctaveBuckets) return index;
    const std::uint64_t shift = index / kOctaveBuckets - 1;
    return ((index - kOctaveBuckets * shift + 1) << shift) - 1;
  }
  static const std::size_t kOctaves;
  /// Then the list is a page, as half an octave's buckets are.
  static constexpr std::size_t kMostFew = 1024;

  struct Few {
    std::uint16_t index = 0;  ///< Names the bucket.
    std::uint16_t count = 0;
  };

  void add(std::size_t index, std::uint64_t samples) noexcept;
  void add_few(std::size_t index, std::uint64_t samples);
  void take_space();
  /// Calls `visit(std::size_t index, std::uint64_t count)` for each bucket with samples, upwards,
  /// until it returns false.
  template <typename Visit>
  void for_each_bucket(const Visit& visit) const;

  ZeroPages<std::uint64_t> buckets_;
  ZeroPages<std::uint64_t> reserve_;  ///< What is to be buckets_; none is touched.
  bool forgets_ = false;
  /// As long as there are no buckets_; by index.
  std::vector<Few, ZeroPageAllocator<Few>> few_;
  std::uint64_t touched_ = 0;  ///< Bit i: octave i has samples; the others are not looked at.
  std::uint64_t count_ = 0;
  std::int64_t min_ = 0;
  std::int64_t max_ = 0;
  Wide sum_ = 0;
  Wide sum_of_squares_ = 0;  ///< In ns²: 64 bits are too few even for one of 5 s.
};

template <typename Visit>
void Histogram::for_each_bucket(const Visit& visit) const {
  for (const Few& few : few_) {
    if (!visit(std::size_t{few.index}, std::uint64_t{few.count})) return;
  }
  for (std::uint64_t left = touched_; left != 0; left &= left - 1) {
    const std::size_t first = kOctaveBuckets * static_cast<std::size_t>(std::countr_zero(left));
    for (std::size_t i = first; i < first + kOctaveBuckets; ++i) {
      // What is zero has no page yet, perhaps: it is read, never written.
      if (buckets_[i] != 0 && !visit(i, buckets_[i])) return;
    }
  }
}

template <typename Visit>
void Histogram::for_each(const Visit& visit) const {
  for_each_bucket([&](std::size_t i, std::uint64_t count) {
    const std::uint64_t lower = i == 0 ? 0 : upper_end(i - 1) + 1;
    visit(Duration{static_cast<std::int64_t>(lower)},
          Duration{static_cast<std::int64_t>(upper_end(i))}, count);
    return true;
  });
}

}  // namespace netecho
