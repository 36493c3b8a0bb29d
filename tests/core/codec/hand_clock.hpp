#pragma once

/// \file
/// A clock that moves only when told to, and counts how often it is read.

#include "core/base/clock.hpp"

namespace netecho::test {

class HandClock final : public Clock {
 public:
  HandClock(Instant now, WallTime wall) noexcept : monotonic{now}, wall_{wall} {}

  [[nodiscard]] Instant now() const noexcept override { return ++readings, monotonic; }
  [[nodiscard]] WallTime wall_now() const noexcept override { return wall_; }
  void advance(Duration by) noexcept {
    monotonic += by;
    wall_ += by;
  }
  void set_wall(WallTime wall) noexcept { wall_ = wall; }

  Instant monotonic;
  mutable int readings = 0;

 private:
  WallTime wall_;
};

}  // namespace netecho::test
