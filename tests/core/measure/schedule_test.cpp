#include "core/measure/schedule.hpp"

#include "tests/support/catch.hpp"

namespace netecho {
namespace {

using namespace std::chrono_literals;

constexpr Instant kStart{1000s};

TEST_CASE("schedule: slots are absolute, whatever happens between them", "[schedule][unit]") {
  Schedule schedule{kStart, {.interval = 100ms, .count = 3}};
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
  Schedule schedule{kStart, {.interval = 100ms}};
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
  Schedule schedule{kStart, {.interval = 1ms, .count = 10}};
  for (int i = 0; i < 4; ++i) schedule.advance();
  CHECK(schedule.skip_missed(kStart + 1h) == 6);
  CHECK(schedule.finished());
  Schedule limited{kStart, {.interval = 1ms, .length = 10ms}};
  for (int i = 0; i < 4; ++i) limited.advance();
  CHECK(limited.skip_missed(kStart + 1h) == 6);
  CHECK(limited.finished());
}

TEST_CASE("schedule: its length ends it, whichever way the slots went", "[schedule][unit]") {
  Schedule schedule{kStart, {.interval = 1ms, .length = 5s}};
  std::uint64_t slots = 0;
  for (; !schedule.finished(); ++slots) schedule.advance();
  CHECK(slots == 5000);
  Schedule odd{kStart, {.interval = 400ms, .length = 1s}};
  for (slots = 0; !odd.finished(); ++slots) odd.advance();
  CHECK(slots == 3);  // At 0, 400 and 800 ms.
  Schedule both{kStart, {.interval = 400ms, .count = 2, .length = 1s}};
  for (slots = 0; !both.finished(); ++slots) both.advance();
  CHECK(slots == 2);
}

TEST_CASE("schedule: slots behind the end of time are never due", "[schedule][unit]") {
  Schedule schedule{kStart, {.interval = Duration::max()}};
  CHECK(schedule.expires() == kNever);
  schedule.advance();
  CHECK(schedule.due() == kNever);
  CHECK(schedule.skip_missed(kNever - 1ns) == 0);
}

TEST_CASE("schedule: exponential gaps have their mean, their spread, and repeat with their seed",
          "[schedule][unit]") {
  const ScheduleOptions options{.interval = 1ms, .gaps = Gaps::exponential, .seed = 7};
  Schedule schedule{kStart, options};
  Schedule again{kStart, options};
  constexpr int kSlots = 100'000;
  int longer_than_mean = 0;
  Instant last = schedule.due();
  for (int i = 0; i < kSlots; ++i) {
    schedule.advance();
    again.advance();
    if (schedule.due() - last > 1ms) ++longer_than_mean;
    last = schedule.due();
  }
  CHECK(again.due() == schedule.due());
  const double mean_ms = static_cast<double>((last - kStart).count()) / 1e6 / kSlots;
  CHECK(mean_ms == Approx(1.0).epsilon(0.01));
  // 1/e of an exponential distribution lies above its mean.
  CHECK(static_cast<double>(longer_than_mean) / kSlots == Approx(0.3679).epsilon(0.01));
}

TEST_CASE("schedule: after a pause exponential slots are skipped one by one, up to an interval ago",
          "[schedule][unit]") {
  const ScheduleOptions options{
      .interval = 1ms, .count = 1000, .gaps = Gaps::exponential, .seed = 3};
  Schedule schedule{kStart, options};
  const std::uint64_t missed = schedule.skip_missed(kStart + 500ms);
  CHECK(missed == schedule.position());
  CHECK(schedule.due() >= kStart + 499ms);
  CHECK(missed + schedule.skip_missed(kStart + 10s) == 1000);
  CHECK(schedule.finished());
}

TEST_CASE("schedule: what a run never had are the slots before its end", "[schedule][unit]") {
  SECTION("an end between two slots, on one, and behind the last") {
    Schedule schedule{kStart, {.interval = 10ms, .length = 100ms}};
    CHECK(schedule.skip_before(kStart + 25ms) == 3);
    CHECK(schedule.due() == kStart + 30ms);
    CHECK(schedule.skip_before(kStart + 40ms) == 1);
    CHECK(schedule.skip_before(kStart + 40ms) == 0);
    CHECK(schedule.skip_before(kNever) == 6);
    CHECK(schedule.finished());
    CHECK(schedule.position() == 10);
  }
  SECTION("a count") {
    Schedule schedule{kStart, {.interval = 10ms, .count = 7}};
    CHECK(schedule.skip_before(kStart + 11ms) == 2);
    CHECK(schedule.skip_before(kNever) == 5);
    CHECK(schedule.finished());
  }
  SECTION("random gaps") {
    const ScheduleOptions options{
        .interval = 10ms, .length = 1s, .gaps = Gaps::exponential, .seed = 3};
    std::uint64_t slots = 0;
    for (Schedule each{kStart, options}; each.due() < kStart + 500ms; each.advance()) ++slots;
    Schedule schedule{kStart, options};
    CHECK(schedule.skip_before(kStart + 500ms) == slots);
    CHECK(schedule.due() >= kStart + 500ms);
  }
}

}  // namespace

TEST_CASE("schedule: slots take their gaps, and never more than time holds", "[measure][unit]") {
  CHECK(length_of(3, 100ms) == 300ms);
  CHECK(length_of(3, 0ms) == 0ms);
  CHECK(length_of(UINT64_MAX, 1h) <= Duration::max() / 4);
  CHECK(length_of(UINT64_MAX, 1h) > Duration::max() / 5);
}

}  // namespace netecho
