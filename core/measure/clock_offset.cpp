#include "core/measure/clock_offset.hpp"

#include <algorithm>

namespace netecho {
namespace {

/// A reading that took longer was interrupted between its clocks; another one is made.
constexpr Duration kTightReading = std::chrono::microseconds{5};
constexpr int kReadings = 4;

}  // namespace

void ClockOffset::read(const Clock& clock) noexcept {
  Duration tightest = Duration::max();
  Duration offset{};
  Instant now{};
  for (int i = 0; i < kReadings && tightest > kTightReading; ++i) {
    const Instant before = clock.now();
    const WallTime wall = clock.wall_now();
    now = clock.now();
    if (now - before >= tightest) continue;
    tightest = now - before;
    offset = wall.time_since_epoch() - before.time_since_epoch() - tightest / 2;
  }
  const Duration change = offset_ ? offset - *offset_ : Duration::zero();
  // The uncertainty of the reading itself is no step.
  if (std::max(change, -change) > kStep + tightest) stepped_by_ = now;
  offset_ = offset;
}

}  // namespace netecho
