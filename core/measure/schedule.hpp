#pragma once

/// \file
/// Says when probes are due: by absolute deadlines, so that a late probe delays no other (RFC 3432
/// section 4). What follows from lateness is decided here, not where the sleeping is done.

#include <algorithm>
#include <cstdint>

#include "core/base/random.hpp"
#include "core/base/units.hpp"

namespace netecho {

/// `at + by`, or kNever where that does not fit.
[[nodiscard]] constexpr Instant saturating_add(Instant at, Duration by) noexcept {
  return by >= kNever - at ? kNever : at + by;
}

/// Returns how long so many ticks take; zero without a gap. It is at most a quarter of the range of
/// time, as a schedule without an end may lack any number of ticks.
[[nodiscard]] constexpr Duration length_of(std::uint64_t slots, Duration gap) noexcept {
  if (gap <= Duration::zero()) return Duration::zero();
  const auto most = static_cast<std::uint64_t>(Duration::max() / 4 / gap);
  return gap * static_cast<std::int64_t>(std::min(slots, most));
}

enum class Gaps : std::uint8_t {
  equal,        ///< Periodic (RFC 3432).
  exponential,  ///< Poisson: gaps are exponentially distributed about their mean (RFC 2330, 11.1).
};

struct ScheduleOptions {
  Duration interval = std::chrono::milliseconds{100};  ///< Mean gap. REQUIRES: > 0.
  std::uint64_t count = 0;                             ///< 0: without end.
  Duration length = Duration::max();                   ///< Nothing is due at its end or later.
  Gaps gaps = Gaps::equal;
  std::uint64_t seed = 0;  ///< The same seed draws the same exponential gaps.
};

/// Holds the ticks of an open-loop schedule. The current tick is the first that is neither taken
/// nor skipped; its number is the sequence of its probe.
///
/// A probe up to one (mean) interval late is sent late, and an older one is not sent, so that no
/// burst follows a pause.
class Schedule {
 public:
  Schedule(Instant start, const ScheduleOptions& options) noexcept;

  [[nodiscard]] bool finished() const noexcept {
    return due_ >= end_ || (options_.count != 0 && position_ == options_.count);
  }
  /// When the current tick is due; kNever when there is none.
  [[nodiscard]] Instant due() const noexcept { return finished() ? kNever : due_; }
  /// From when on the current tick's probe is too late to be sent.
  [[nodiscard]] Instant expires() const noexcept {
    return finished() ? kNever
                      : saturating_add(saturating_add(due_, options_.interval), Duration{1});
  }
  [[nodiscard]] std::uint64_t position() const noexcept { return position_; }

  /// Skips the ticks that are more than one interval late, and returns how many.
  std::uint64_t skip_missed(Instant now) noexcept;
  /// Skips the ticks that are due before `end` (kNever: all that are left), and returns how many.
  /// REQUIRES: one of the two ends the schedule.
  std::uint64_t skip_before(Instant end) noexcept;
  /// Goes on to the next tick: this one's probe was sent, or given up.
  void advance() noexcept;

 private:
  [[nodiscard]] std::uint64_t skip_equal(Instant now) noexcept;
  [[nodiscard]] Duration next_gap() noexcept;

  ScheduleOptions options_;
  Instant due_;
  Instant end_;
  SplitMix64 random_;
  std::uint64_t position_ = 0;
};

}  // namespace netecho
