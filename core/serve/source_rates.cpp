#include "core/serve/source_rates.hpp"

#include <algorithm>
#include <chrono>

#include "core/base/random.hpp"

namespace netecho {
namespace {

/// A bucket holds this much, as the time that it takes to fill.
constexpr Duration kDepth = std::chrono::milliseconds{100};

}  // namespace

SourceRates::SourceRates(Duration interval, std::uint64_t seed)
    : interval_{interval},
      tolerance_{std::max(kDepth - interval, Duration::zero())},
      seed_{seed},
      places_(kPlaces) {}

SourceRates::Bucket& SourceRates::bucket_of(std::uint64_t prefix, Instant now) noexcept {
  const std::uint64_t hash = SplitMix64{prefix ^ seed_}.next();
  Bucket* unused = nullptr;
  for (std::size_t i = 0; i < kPlacesSearched; ++i) {
    Bucket& place = places_[(hash + i) % kPlaces];
    if (place.prefix == prefix) return place;
    // A full bucket says no more than none, so its place is free.
    if (unused == nullptr && place.empty_at <= now) unused = &place;
  }
  if (unused == nullptr) return overflow_;
  *unused = {prefix, now};
  return *unused;
}

bool SourceRates::admit(std::uint64_t prefix, Instant now) noexcept {
  const std::lock_guard lock{mutex_};
  Bucket& bucket = bucket_of(prefix, now);
  const Instant from = std::max(bucket.empty_at, now);
  if (from - now > tolerance_) return false;
  bucket.empty_at = from + interval_;
  return true;
}

}  // namespace netecho
