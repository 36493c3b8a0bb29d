#include "core/measure/bucket_counts.hpp"

#include <algorithm>

namespace netecho {

BucketCounts::BucketCounts(std::span<const Duration> bounds)
    : bounds_{bounds}, counts_(bounds.size() + 1) {}

std::uint64_t& BucketCounts::bucket_of(Duration value) noexcept {
  const auto bound = std::lower_bound(bounds_.begin(), bounds_.end(), value);
  return counts_[static_cast<std::size_t>(bound - bounds_.begin())];
}

void BucketCounts::record(Duration value) noexcept {
  const Duration counted = std::max(value, Duration::zero());
  ++bucket_of(counted);
  sum_ += static_cast<std::uint64_t>(counted.count());
}

void BucketCounts::add(const Histogram& histogram) noexcept {
  histogram.for_each([this](Duration lower, Duration /*upper*/, std::uint64_t samples) {
    bucket_of(lower) += samples;
  });
  sum_ += histogram.sum();
}

}  // namespace netecho
