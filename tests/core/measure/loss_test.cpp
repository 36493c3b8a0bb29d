#include "core/measure/loss.hpp"

#include "tests/support/catch.hpp"

namespace netecho {
namespace {

using namespace std::chrono_literals;

Instant at(Duration since) {
  return Instant{1000s} + since;
}

using Split = LossDirection::Split;

TEST_CASE("loss_runs: consecutive losses are one run", "[loss][unit]") {
  LossRunCounter runs{100ms};
  CHECK(runs.count() == 0);
  CHECK(runs.longest_time() == 0ms);
  runs.lost(at(0ms));
  runs.received();
  runs.lost(at(200ms));
  runs.lost(at(300ms));
  runs.lost(at(400ms));
  runs.received();
  runs.received();
  runs.lost(at(700ms));
  CHECK(runs.count() == 3);
  CHECK(runs.longest() == 3);
  CHECK(runs.longest_time() == 300ms);
}

TEST_CASE("loss_runs: slots that were not sent lengthen a run in time alone", "[loss][unit]") {
  LossRunCounter runs{100ms};
  runs.lost(at(0ms));
  runs.lost(at(500ms));
  CHECK(runs.count() == 1);
  CHECK(runs.longest() == 2);
  CHECK(runs.longest_time() == 600ms);
}

TEST_CASE("loss_runs: slots that were not sent come many at once", "[loss][unit]") {
  LossRunCounter runs{100ms};
  runs.lost(at(0ms));
  runs.lost(at(100ms), 3);
  CHECK(runs.count() == 1);
  CHECK(runs.longest() == 4);
  CHECK(runs.longest_time() == 400ms);
  runs.lost(at(400ms), UINT64_MAX / 2);  // The schedule has no end.
  CHECK(runs.longest_time() > 1000h);
}

TEST_CASE("loss_direction: what the server did not count was lost on its way there",
          "[loss][unit]") {
  LossDirection direction;
  CHECK(direction.split(0, 0) == std::nullopt);
  direction.answered({0}, 1, 1, 1);
  // 1 never arrived; 2 and 3 did, their replies were lost.
  direction.answered({4}, 5, 4, 5);
  CHECK(direction.split(2, 0) == Split{1, 2});
  CHECK(direction.highest_answered() == Sequence{4});
}

TEST_CASE("loss_direction: probes that still wait are not lost", "[loss][unit]") {
  LossDirection direction;
  direction.answered({3}, 4, 4, 4);
  CHECK(direction.split(1, 3) == Split{0, 0});
}

TEST_CASE("loss_direction: slots that were not sent are no losses", "[loss][unit]") {
  LossDirection direction;
  direction.answered({9}, 3, 2, 3);  // Three of the sequences 0 to 9 were sent.
  CHECK(direction.split(2, 0) == Split{1, 0});
}

TEST_CASE("loss_direction: the order of answers does not matter", "[loss][unit]") {
  LossDirection direction;
  direction.answered({2}, 3, 2, 3);
  direction.answered({1}, 2, 2, 2);
  CHECK(direction.split(2, 0) == Split{1, 0});
}

TEST_CASE("loss_direction: a server that does not know, or lies, tells nothing", "[loss][unit]") {
  LossDirection direction;
  direction.answered({5}, 6, 4, 6);
  REQUIRE(direction.split(1, 0).has_value());
  SECTION("no stamp") {
    direction.answered({6}, 7, std::nullopt, 7);
  }
  SECTION("unknown") {
    direction.answered({6}, 7, 0, 7);
  }
  SECTION("more than can be") {
    direction.answered({6}, 7, 8, 7);
  }
  CHECK(direction.split(2, 0) == std::nullopt);
}

TEST_CASE("loss_direction: a request that was overtaken costs the figure nothing", "[loss][unit]") {
  LossDirection direction;
  direction.answered({0}, 1, 1, 2);
  // Request 2 overtook request 1, which is answered when the server has seen all three.
  direction.answered({2}, 3, 2, 3);
  direction.answered({1}, 2, 3, 3);
  CHECK(direction.split(3, 0) == Split{0, 0});
  direction.answered({3}, 4, 6, 5);  // More than were sent: it can't be right.
  CHECK(direction.split(4, 0) == std::nullopt);
}

TEST_CASE("loss_direction: no claim makes more losses than there were", "[loss][unit]") {
  LossDirection direction;
  direction.answered({0}, 1, 1, 1);
  direction.answered({1}, 2, 1, 2);
  CHECK(direction.split(2, 0) == Split{0, 0});
}

}  // namespace
}  // namespace netecho
