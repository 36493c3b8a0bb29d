#pragma once

/// \file
/// Distribution of durations in bounded memory: percentiles to three significant digits, everything
/// else exact. The bucket layout is HdrHistogram's (log-linear).

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <optional>

#include "core/base/units.hpp"

namespace netecho {

/// A share of all samples in ten-thousandths: exact where a floating-point p is not (1 − 0.99).
struct Quantile {
  std::uint32_t ten_thousandths = 0;
};
inline constexpr Quantile kP25{2'500}, kP50{5'000}, kP75{7'500}, kP90{9'000}, kP95{9'500},
    kP99{9'900}, kP999{9'990}, kP9999{9'999};

/// Log-linear buckets from 1 ns to over 1 h: exact below 2,048 ns, at most 0.1 % wide above. Memory
/// is reserved once and backed by the kernel where values fall, so record() never allocates and
/// what is used grows with the range of the values, not with their number.
class Histogram {
 public:
  Histogram();

  /// O(1). A negative duration counts as 0; one beyond the last bucket (73 min) falls into it, and
  /// stays exact in max, mean and stddev.
  void record(Duration value) noexcept;
  /// A sample that took longer than anything: part of every percentile, of no other figure.
  void record_infinite() noexcept { ++infinite_; }
  void merge(const Histogram& other) noexcept;

  [[nodiscard]] std::uint64_t count() const noexcept { return count_; }  ///< Finite samples.
  [[nodiscard]] std::uint64_t infinite() const noexcept { return infinite_; }

  /// Exact; none without finite samples.
  [[nodiscard]] std::optional<Duration> min() const noexcept;
  /// Exact; none without samples or if one is infinite. mean and stddev are rounded to the nearest.
  [[nodiscard]] std::optional<Duration> max() const noexcept;
  [[nodiscard]] std::optional<Duration> mean() const noexcept;
  [[nodiscard]] std::optional<Duration> stddev()
      const noexcept;  ///< Of the population (divisor n).

  /// The smallest x with F(x) >= p (RFC 2330 section 11.3), up to 0.1 % too large and never beyond
  /// max. None with fewer than 1/(1 - p) samples (p50 and below: without any), or if it is
  /// infinite.
  [[nodiscard]] std::optional<Duration> percentile(Quantile p) const noexcept;

 private:
  static constexpr unsigned kSubBucketBits = 10;
  static constexpr unsigned kHighestBit = 42;  ///< Values below 2^42 ns = 73 min have a bucket.
  static constexpr std::size_t kSubBuckets = std::size_t{1} << kSubBucketBits;
  static constexpr std::size_t kBuckets = (kHighestBit - kSubBucketBits + 1) * kSubBuckets;

  [[nodiscard]] static std::size_t index_of(std::uint64_t value) noexcept;
  [[nodiscard]] static std::uint64_t highest_of(std::size_t index) noexcept;
  [[nodiscard]] bool whole() const noexcept { return count_ > 0 && infinite_ == 0; }

  __extension__ using Wide = unsigned __int128;
  struct Free {
    void operator()(std::uint64_t* memory) const noexcept { std::free(memory); }
  };

  std::unique_ptr<std::uint64_t[], Free> buckets_;
  std::uint64_t count_ = 0;
  std::uint64_t infinite_ = 0;
  std::uint64_t min_ = UINT64_MAX;
  std::uint64_t max_ = 0;
  Wide sum_ = 0;
  Wide sum_of_squares_ = 0;
};

}  // namespace netecho
