#pragma once

/// \file
/// The clocks are behind an interface, so that engines run on a simulated one.

#include "core/base/units.hpp"

namespace netecho {

class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual Instant now() const noexcept = 0;        ///< CLOCK_MONOTONIC.
  [[nodiscard]] virtual WallTime wall_now() const noexcept = 0;  ///< CLOCK_REALTIME.
};

/// Reads CLOCK_MONOTONIC through the vDSO, which takes about 25 ns and no system call.
[[nodiscard]] Instant monotonic_now() noexcept;
[[nodiscard]] WallTime realtime_now() noexcept;

/// Returns the machine's own clocks.
[[nodiscard]] const Clock& system_clock() noexcept;

}  // namespace netecho
