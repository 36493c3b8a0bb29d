#include "core/base/clock.hpp"

#include <ctime>

namespace netecho {
namespace {

Duration read_clock(clockid_t id) noexcept {
  timespec time{};
  ::clock_gettime(id, &time);
  return std::chrono::seconds{time.tv_sec} + Duration{time.tv_nsec};
}

class SystemClock final : public Clock {
 public:
  Instant now() const noexcept override { return monotonic_now(); }
  WallTime wall_now() const noexcept override { return realtime_now(); }
};

}  // namespace

Instant monotonic_now() noexcept {
  return Instant{read_clock(CLOCK_MONOTONIC)};
}

WallTime realtime_now() noexcept {
  return WallTime{read_clock(CLOCK_REALTIME)};
}

const Clock& system_clock() noexcept {
  static constinit SystemClock clock;
  return clock;
}

}  // namespace netecho
