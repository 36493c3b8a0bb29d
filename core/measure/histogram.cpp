#include "core/measure/histogram.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/base/rounding.hpp"

namespace netecho {
namespace {

constexpr std::uint32_t kWhole = 10'000;
/// Squares of longer samples (39 hours) could overflow their sum within 2^34 samples.
constexpr std::int64_t kHighestSquared = std::int64_t{1} << 47;

Duration nanoseconds(std::uint64_t value) noexcept {
  return Duration{static_cast<std::int64_t>(value)};
}

}  // namespace

constexpr std::size_t Histogram::index_of(std::uint64_t value) noexcept {
  if (value < 2 * kOctaveBuckets) return static_cast<std::size_t>(value);
  const auto shift = static_cast<unsigned>(std::bit_width(value)) - (kOctaveBits + 1);
  return kOctaveBuckets * shift + static_cast<std::size_t>(value >> shift);
}

constexpr std::size_t Histogram::kOctaves =
    index_of(static_cast<std::uint64_t>(kHighest.count())) / kOctaveBuckets + 1;

Histogram::Histogram(HistogramSpace space) : forgets_{space == HistogramSpace::none} {
  if (space == HistogramSpace::at_once) take_space();
  if (space != HistogramSpace::reserved) return;
  reserve_ = ZeroPages<std::uint64_t>{kOctaves * kOctaveBuckets};
  few_.reserve(kMostFew);
}

/// What is in the list moves to its buckets.
void Histogram::take_space() {
  static_assert(kOctaves <= 64, "touched_ has a bit for each");
  static_assert(kOctaves * kOctaveBuckets <= UINT16_MAX, "Few names each bucket");
  const bool reserved = !reserve_.empty();
  buckets_ = reserved ? std::move(reserve_) : ZeroPages<std::uint64_t>{kOctaves * kOctaveBuckets};
  for (const Few& few : few_) add(few.index, few.count);
  few_.clear();
  if (!reserved) few_.shrink_to_fit();  // A call of the kernel's, and probes may be under way.
}

void Histogram::add(std::size_t index, std::uint64_t samples) noexcept {
  buckets_[index] += samples;
  touched_ |= std::uint64_t{1} << (index / kOctaveBuckets);
}

void Histogram::add_few(std::size_t index, std::uint64_t samples) {
  const auto place = std::lower_bound(
      few_.begin(), few_.end(), index,
      [](const Few& few, std::size_t wanted) { return std::size_t{few.index} < wanted; });
  const bool there = place != few_.end() && place->index == index;
  const std::uint64_t count = samples + (there ? place->count : 0);
  if (count > UINT16_MAX || (!there && few_.size() == kMostFew)) {
    take_space();
    return add(index, samples);
  }
  const Few few{static_cast<std::uint16_t>(index), static_cast<std::uint16_t>(count)};
  if (there) {
    *place = few;
  } else {
    few_.insert(place, few);
  }
}

void Histogram::record(Duration value, std::uint64_t times) {
  if (forgets_) return;
  const std::int64_t ns = std::max<std::int64_t>(value.count(), 0);
  const std::size_t index = index_of(static_cast<std::uint64_t>(std::min(ns, kHighest.count())));
  buckets_.empty() ? add_few(index, times) : add(index, times);
  min_ = count_ == 0 ? ns : std::min(min_, ns);
  max_ = std::max(max_, ns);
  count_ += times;
  sum_ += Wide{static_cast<std::uint64_t>(ns)} * times;
  const Wide squared = static_cast<std::uint64_t>(std::min(ns, kHighestSquared));
  sum_of_squares_ += squared * squared * times;
}

void Histogram::merge(const Histogram& other) {
  if (other.count_ == 0) return;
  // What has many buckets would soon have moved there one by one.
  if (buckets_.empty() && !other.buckets_.empty()) take_space();
  if (buckets_.empty() && few_.empty()) {
    few_ = other.few_;
  } else {
    other.for_each_bucket([&](std::size_t index, std::uint64_t samples) {
      buckets_.empty() ? add_few(index, samples) : add(index, samples);
      return true;
    });
  }
  min_ = count_ == 0 ? other.min_ : std::min(min_, other.min_);
  max_ = std::max(max_, other.max_);
  count_ += other.count_;
  sum_ += other.sum_;
  sum_of_squares_ += other.sum_of_squares_;
}

void Histogram::reset() noexcept {
  few_.clear();
  for (std::uint64_t left = touched_; left != 0; left &= left - 1) {
    const std::size_t first = kOctaveBuckets * static_cast<std::size_t>(std::countr_zero(left));
    std::fill_n(buckets_.data() + first, kOctaveBuckets, std::uint64_t{0});
  }
  touched_ = 0;
  count_ = 0;
  min_ = 0;
  max_ = 0;
  sum_ = 0;
  sum_of_squares_ = 0;
}

std::optional<Duration> Histogram::min() const noexcept {
  if (count_ == 0) return std::nullopt;
  return Duration{min_};
}

std::optional<Duration> Histogram::max() const noexcept {
  if (count_ == 0) return std::nullopt;
  return Duration{max_};
}

std::optional<Duration> Histogram::mean() const noexcept {
  if (count_ == 0) return std::nullopt;
  return Duration{static_cast<std::int64_t>((sum_ + count_ / 2) / count_)};
}

std::optional<Duration> Histogram::stddev() const noexcept {
  if (count_ == 0) return std::nullopt;
  // Around the mean's whole part the squares are small, so nothing is lost by cancellation. The
  // intermediate products may wrap, but their sum does not.
  const Wide whole = sum_ / count_;
  const Wide squares = sum_of_squares_ - 2 * whole * sum_ + whole * whole * count_;
  const auto n = static_cast<long double>(count_);
  const long double rest = static_cast<long double>(sum_ - whole * count_) / n;
  const long double variance = static_cast<long double>(squares) / n - rest * rest;
  return Duration{nearest(std::sqrt(std::max(variance, 0.0L)))};
}

std::optional<Duration> Histogram::percentile(Percentile p, std::uint64_t infinite) const noexcept {
  const std::uint64_t samples = count_ + infinite;
  const std::uint32_t above = kWhole - p.per_ten_thousand;
  const bool enough = 2 * above >= kWhole ? samples > 0 : Wide{samples} * above >= kWhole;
  if (!enough) return std::nullopt;
  const auto rank =
      static_cast<std::uint64_t>((Wide{samples} * p.per_ten_thousand + kWhole - 1) / kWhole);
  if (rank > count_) return std::nullopt;
  std::uint64_t below = 0;
  Duration found{max_};
  for_each_bucket([&](std::size_t i, std::uint64_t count) {
    below += count;
    if (below < rank) return true;
    found = std::clamp(nanoseconds(upper_end(i)), Duration{min_}, Duration{max_});
    return false;
  });
  return found;
}

std::size_t Histogram::touched_bytes() const noexcept {
  return static_cast<std::size_t>(std::popcount(touched_)) * kOctaveBuckets *
             sizeof(std::uint64_t) +
         few_.capacity() * sizeof(Few);
}

}  // namespace netecho
