#include "core/probe/prober_pacer.hpp"

#include "tests/support/catch.hpp"

namespace netecho {
namespace {

using namespace std::chrono_literals;

Instant at(Duration since) {
  return Instant{since};
}

TEST_CASE("pacer: nothing is done or planned before anybody said when", "[prober][unit]") {
  const ProbeOptions options{.count = 1};
  Pacer pacer{options, 1};
  CHECK_FALSE(pacer.planned());
  CHECK_FALSE(pacer.begun());
  CHECK_FALSE(pacer.done());
  pacer.plan(at(1s), 30ms);
  CHECK(pacer.planned());
  CHECK_FALSE(pacer.begun());
}

TEST_CASE("pacer: a flow that is ready late keeps its phase among the others", "[prober][unit]") {
  const ProbeOptions options{};
  Pacer pacer{options, 1};
  pacer.plan(at(1s), 30ms);
  CHECK(pacer.first_tick_after(at(900ms)) == at(1s));
  CHECK(pacer.first_tick_after(at(1s)) == at(1s));
  CHECK(pacer.first_tick_after(at(5s)) == at(5s + 30ms));
}

TEST_CASE("pacer: a tick waits for a full socket no longer than it may be late", "[prober][unit]") {
  const ProbeOptions options{.count = 2, .interval = 400us};
  Pacer pacer{options, 1};
  pacer.start(at(1s));
  CHECK(pacer.next_send() == at(1s));
  pacer.retry_later(at(1s));
  CHECK(pacer.held_back(at(1s)));
  CHECK(pacer.next_send() == pacer.expires());
  CHECK_FALSE(pacer.held_back(pacer.expires()));
  pacer.retry_now();
  CHECK_FALSE(pacer.held_back(at(1s)));
}

TEST_CASE("pacer: a flood waits for a full socket, and is over by its count or its time",
          "[prober][unit]") {
  const ProbeOptions counted{.count = 10, .schedule = ScheduleKind::flood};
  Pacer pacer{counted, 1};
  pacer.start(at(1s));
  CHECK(pacer.next_send() == Instant{});
  pacer.retry_later(at(1s));
  CHECK(pacer.held_back(at(1s)));
  CHECK_FALSE(pacer.held_back(at(1s) + Pacer::kRetryInterval));
  CHECK(pacer.left_of_flood(at(1s)) == 10);
  pacer.note_flooded(7);
  CHECK(pacer.left_of_flood(at(1s)) == 3);
  CHECK(pacer.missing_of_flood() == 3);
  pacer.note_flooded(3);
  CHECK_FALSE(pacer.done());  // Nobody asked yet.
  CHECK(pacer.left_of_flood(at(1s)) == 0);
  CHECK(pacer.done());

  const ProbeOptions timed{.count = 0, .duration = 2s, .schedule = ScheduleKind::flood};
  Pacer other{timed, 1};
  other.start(at(1s));
  CHECK(other.left_of_flood(at(3s - 1ns)) == UINT64_MAX);
  CHECK(other.left_of_flood(at(3s)) == 0);
  CHECK(other.left_of_flood(at(1s)) == 0);  // It does not begin again.
}

}  // namespace
}  // namespace netecho
