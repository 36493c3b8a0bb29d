#include "core/measure/schedule.hpp"

#include "tests/support/catch.hpp"

namespace netecho {
namespace {

using namespace std::chrono_literals;

constexpr Instant kStart{1000s};

TEST_CASE("schedule: slots are absolute, whatever happens between them", "[schedule][unit]") {
  PeriodicSchedule schedule{kStart, 100ms, 3};
  CHECK(schedule.due() == kStart);
  schedule.advance();
  CHECK(schedule.due() == kStart + 100ms);
  CHECK(schedule.skip_missed(kStart + 130ms) == 0);
  schedule.advance();
  CHECK(schedule.due() == kStart + 200ms);
  CHECK_FALSE(schedule.finished());
  schedule.advance();
  CHECK(schedule.finished());
  CHECK(schedule.due() == kNever);
  CHECK(schedule.expires() == kNever);
  CHECK(schedule.skip_missed(kStart + 1h) == 0);
}

TEST_CASE("schedule: a slot up to one interval late is sent, older ones are skipped",
          "[schedule][unit]") {
  PeriodicSchedule schedule{kStart, 100ms, 0};
  SECTION("on time") {
    CHECK(schedule.skip_missed(kStart) == 0);
  }
  SECTION("exactly one interval late") {
    CHECK(schedule.skip_missed(kStart + 100ms) == 0);
    CHECK(schedule.expires() == kStart + 100ms + 1ns);
  }
  SECTION("a nanosecond more") {
    CHECK(schedule.skip_missed(schedule.expires()) == 1);
    CHECK(schedule.due() == kStart + 100ms);
    CHECK(schedule.position() == 1);
  }
  SECTION("exactly two intervals late") {
    CHECK(schedule.skip_missed(kStart + 200ms) == 1);
    CHECK(schedule.due() == kStart + 100ms);
  }
  SECTION("five seconds of standing still") {
    CHECK(schedule.skip_missed(kStart + 5030ms) == 50);
    CHECK(schedule.due() == kStart + 5s);
  }
}

TEST_CASE("schedule: no more slots are skipped than there are", "[schedule][unit]") {
  PeriodicSchedule schedule{kStart, 1ms, 10};
  schedule.advance(4);
  CHECK(schedule.skip_missed(kStart + 1h) == 6);
  CHECK(schedule.finished());
}

TEST_CASE("schedule: slots behind the end of time are never due", "[schedule][unit]") {
  PeriodicSchedule schedule{kStart, Duration::max(), 0};
  CHECK(schedule.expires() == kNever);
  schedule.advance();
  CHECK(schedule.due() == kNever);
  CHECK(schedule.skip_missed(kNever - 1ns) == 0);
  PeriodicSchedule long_intervals{kStart, 24h * 365, 0};
  long_intervals.advance(1'000'000);
  CHECK(long_intervals.due() == kNever);
}

}  // namespace
}  // namespace netecho
