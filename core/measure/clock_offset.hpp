#pragma once

/// \file
/// Compares CLOCK_REALTIME with CLOCK_MONOTONIC to see whether the former was stepped. Stamps that
/// cross hosts or come from the kernel are of the former, and a difference across a step is
/// worthless.

#include <optional>

#include "core/base/clock.hpp"

namespace netecho {

class ClockOffset {
 public:
  /// A larger change counts as a step (docs/metrics.md); slewing moves both clocks alike.
  static constexpr Duration kStep = std::chrono::microseconds{100};

  /// Reads both clocks. Called with each batch, before its samples are judged.
  void read(const Clock& clock) noexcept;

  /// Whether the clock was stepped while a sample that began at `since` was taken.
  [[nodiscard]] bool stepped_since(Instant since) const noexcept {
    return stepped_by_ && since <= *stepped_by_;
  }
  /// Returns `at` as CLOCK_REALTIME. REQUIRES: a reading.
  [[nodiscard]] WallTime wall(Instant at) const noexcept {
    return WallTime{at.time_since_epoch() + *offset_};
  }

 private:
  std::optional<Duration> offset_;
  std::optional<Instant> stepped_by_;  ///< When a step was noticed last.
};

}  // namespace netecho
