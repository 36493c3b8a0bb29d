#pragma once

/// \file
/// When probes are due: absolute deadlines, so that a late probe delays no other (RFC 3432
/// section 4). What follows from lateness is decided here, not where the sleeping is done.

#include <cstdint>

#include "core/base/units.hpp"

namespace netecho {

/// `at + by`, or kNever where that does not fit.
[[nodiscard]] constexpr Instant saturating_add(Instant at, Duration by) noexcept {
  return by >= kNever - at ? kNever : at + by;
}

/// The slots of an open-loop schedule. The slot at hand is the first that is neither taken nor
/// skipped; its number is the sequence of its probe.
///
/// A slot up to one interval late is sent late; of older ones none is sent: after a pause there is
/// no burst.
class PeriodicSchedule {
 public:
  /// `count` 0: without end. REQUIRES: interval > 0.
  PeriodicSchedule(Instant start, Duration interval, std::uint64_t count) noexcept
      : due_{start}, interval_{interval}, count_{count} {}

  [[nodiscard]] bool finished() const noexcept { return count_ != 0 && position_ == count_; }
  /// When the slot at hand is due; kNever when there is none.
  [[nodiscard]] Instant due() const noexcept { return finished() ? kNever : due_; }
  /// From when on the slot at hand is too late to be sent.
  [[nodiscard]] Instant expires() const noexcept {
    return finished() ? kNever : saturating_add(saturating_add(due_, interval_), Duration{1});
  }
  [[nodiscard]] std::uint64_t position() const noexcept { return position_; }

  /// Skips the slots that are more than one interval late, and says how many.
  std::uint64_t skip_missed(Instant now) noexcept;
  /// Goes on to the next slot: this one was sent, or given up.
  void advance(std::uint64_t slots = 1) noexcept;

 private:
  Instant due_;
  Duration interval_;
  std::uint64_t count_;
  std::uint64_t position_ = 0;
};

}  // namespace netecho
