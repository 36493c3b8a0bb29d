#pragma once

/// \file
/// Session ids take unpredictable bits, simulations reproducible ones.

#include <cstdint>

namespace netecho {

/// Returns 64 bits from getrandom(2).
[[nodiscard]] std::uint64_t random_u64();

/// SplitMix64 (Steele, Lea, Flood 2014): one well-mixed 64-bit value a step; the same seed gives
/// the same values on every machine, which std::*_distribution does not promise.
class SplitMix64 {
 public:
  explicit SplitMix64(std::uint64_t seed) noexcept : state_{seed} {}
  std::uint64_t next() noexcept;
  /// Returns a value that is uniform in [0, 1) with 53 bits.
  double next_unit() noexcept;

 private:
  std::uint64_t state_;
};

}  // namespace netecho
