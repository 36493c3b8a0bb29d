#include "core/base/clock.hpp"

#include <ctime>

#include "tests/support/catch.hpp"

using namespace netecho;

namespace {

Duration kernel_time(clockid_t id) {
  timespec time{};
  ::clock_gettime(id, &time);
  return std::chrono::seconds{time.tv_sec} + Duration{time.tv_nsec};
}

}  // namespace

TEST_CASE("clock: reads CLOCK_MONOTONIC and CLOCK_REALTIME in nanoseconds", "[unit][clock]") {
  const Duration monotonic_before = kernel_time(CLOCK_MONOTONIC);
  const Instant now = monotonic_now();
  const Instant same_clock = system_clock().now();
  const Duration monotonic_after = kernel_time(CLOCK_MONOTONIC);
  CHECK(now.time_since_epoch() >= monotonic_before);
  CHECK(same_clock >= now);
  CHECK(same_clock.time_since_epoch() <= monotonic_after);

  const Duration wall_before = kernel_time(CLOCK_REALTIME);
  const WallTime wall = realtime_now();
  const WallTime same_wall = system_clock().wall_now();
  CHECK(wall.time_since_epoch() >= wall_before);
  CHECK(same_wall >= wall);
}
