#pragma once

/// \file
/// Each source prefix gets only so many replies a second, so that a server is not the loud half of
/// somebody else's attack. No number of sources makes the memory grow.

#include <cstdint>
#include <mutex>
#include <vector>

#include "core/base/units.hpp"

namespace netecho {

/// Each prefix has a token bucket in the form of the generic cell rate algorithm (ITU-T I.371): a
/// single time. It holds a tenth of a second's replies, at least one.
///
/// Prefixes share a table of fixed size. Those that find no place there, because so many others are
/// busy, share one more bucket. Threads may share the table.
class SourceRates {
 public:
  static constexpr std::size_t kPlaces = 4096;
  static constexpr std::size_t kPlacesSearched = 4;

  /// `interval`: between two replies, positive. `seed` makes collisions unpredictable.
  SourceRates(Duration interval, std::uint64_t seed);

  /// Whether one more reply may go to `prefix`; if so, it is counted. `prefix` is not 0.
  [[nodiscard]] bool admit(std::uint64_t prefix, Instant now) noexcept;

 private:
  struct Bucket {
    std::uint64_t prefix = 0;  ///< 0: nobody's.
    Instant empty_at{};        ///< When its replies are paid for; before now: full of tokens.
  };

  [[nodiscard]] Bucket& bucket_of(std::uint64_t prefix, Instant now) noexcept;

  const Duration interval_;
  const Duration tolerance_;
  const std::uint64_t seed_;
  std::mutex mutex_;
  std::vector<Bucket> places_;
  Bucket overflow_;
};

}  // namespace netecho
