#include "core/measure/histogram.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <new>

namespace netecho {
namespace {

constexpr std::uint64_t kWhole = 10'000;

Duration duration_of(std::uint64_t nanoseconds) {
  return Duration{static_cast<std::int64_t>(nanoseconds)};
}

}  // namespace

// calloc takes this much fresh from the kernel, which backs only the pages that are written to.
Histogram::Histogram()
    : buckets_{static_cast<std::uint64_t*>(std::calloc(kBuckets, sizeof(std::uint64_t)))} {
  if (!buckets_) throw std::bad_alloc{};
}

/// Every power of two above the linear part has as many buckets as half of the linear part.
std::size_t Histogram::index_of(std::uint64_t value) noexcept {
  const auto width = static_cast<unsigned>(std::bit_width(value));
  const unsigned shift = width > kSubBucketBits + 1 ? width - kSubBucketBits - 1 : 0;
  return std::min(shift * kSubBuckets + (value >> shift), kBuckets - 1);
}

std::uint64_t Histogram::highest_of(std::size_t index) noexcept {
  if (index < 2 * kSubBuckets) return index;
  const std::size_t shift = index / kSubBuckets - 1;
  return ((index - shift * kSubBuckets + 1) << shift) - 1;
}

void Histogram::record(Duration value) noexcept {
  const auto nanoseconds = static_cast<std::uint64_t>(std::max<std::int64_t>(value.count(), 0));
  ++buckets_[index_of(nanoseconds)];
  ++count_;
  min_ = std::min(min_, nanoseconds);
  max_ = std::max(max_, nanoseconds);
  sum_ += nanoseconds;
  sum_of_squares_ += static_cast<Wide>(nanoseconds) * nanoseconds;
}

void Histogram::merge(const Histogram& other) noexcept {
  infinite_ += other.infinite_;
  if (other.count_ == 0) return;
  // Beyond these there is nothing, and reading it would have memory backed.
  const std::size_t last = index_of(other.max_);
  for (std::size_t i = index_of(other.min_); i <= last; ++i) {
    if (other.buckets_[i] != 0) buckets_[i] += other.buckets_[i];
  }
  count_ += other.count_;
  min_ = std::min(min_, other.min_);
  max_ = std::max(max_, other.max_);
  sum_ += other.sum_;
  sum_of_squares_ += other.sum_of_squares_;
}

std::optional<Duration> Histogram::min() const noexcept {
  if (count_ == 0) return std::nullopt;
  return duration_of(min_);
}

std::optional<Duration> Histogram::max() const noexcept {
  if (!whole()) return std::nullopt;
  return duration_of(max_);
}

std::optional<Duration> Histogram::mean() const noexcept {
  if (!whole()) return std::nullopt;
  return duration_of(static_cast<std::uint64_t>((sum_ + count_ / 2) / count_));
}

std::optional<Duration> Histogram::stddev() const noexcept {
  if (!whole()) return std::nullopt;
  // The squares around the whole part of the mean, in integers (modulo 2^128, which their sum never
  // reaches): no difference of two large floating-point numbers.
  const Wide mean = sum_ / count_;
  const Wide rest = sum_ % count_;
  const Wide squares = sum_of_squares_ - mean * mean * count_ - 2 * mean * rest;
  const auto n = static_cast<double>(count_);
  const double variance =
      (static_cast<double>(squares) - static_cast<double>(rest) * static_cast<double>(rest) / n) /
      n;
  return Duration{std::llround(std::sqrt(std::max(variance, 0.0)))};
}

std::optional<Duration> Histogram::percentile(Quantile p) const noexcept {
  const std::uint64_t samples = count_ + infinite_;
  if (samples == 0) return std::nullopt;
  if (p.ten_thousandths > kP50.ten_thousandths && samples * (kWhole - p.ten_thousandths) < kWhole) {
    return std::nullopt;
  }
  const std::uint64_t rank =
      std::max<std::uint64_t>((samples * p.ten_thousandths + kWhole - 1) / kWhole, 1);
  if (rank > count_) return std::nullopt;
  std::uint64_t seen = 0;
  for (std::size_t i = index_of(min_); i < kBuckets; ++i) {
    seen += buckets_[i];
    if (seen >= rank) return duration_of(i == kBuckets - 1 ? max_ : std::min(highest_of(i), max_));
  }
  return duration_of(max_);
}

}  // namespace netecho
