#include "core/measure/outages.hpp"

#include "tests/support/catch.hpp"

namespace netecho {
namespace {

using namespace std::chrono_literals;

constexpr Duration kWallAhead = 1h;

Instant at(Duration since) {
  return Instant{1000s} + since;
}

class HandClock final : public Clock {
 public:
  [[nodiscard]] Instant now() const noexcept override { return now_; }
  [[nodiscard]] WallTime wall_now() const noexcept override {
    return WallTime{now_.time_since_epoch() + kWallAhead};
  }
  void set(Duration since) { now_ = at(since); }

 private:
  Instant now_ = at(0ms);
};

WallTime wall(Duration since) {
  return WallTime{at(since).time_since_epoch() + kWallAhead};
}

TEST_CASE("outages: one lasts from its first slot to the reply that ends it", "[outages][unit]") {
  HandClock clock;
  Outages outages{clock};
  outages.answered(at(50ms));
  clock.set(130ms);  // Noticed later than it was due.
  outages.unanswered(at(100ms), 1, 100ms);
  outages.unanswered(at(200ms), 3, 100ms);
  outages.answered(at(510ms));
  outages.answered(at(610ms));
  const auto spans = outages.spans(at(1s));
  REQUIRE(spans.size() == 1);
  CHECK(spans[0].first == at(100ms));
  CHECK(spans[0].end == at(510ms));
  CHECK(spans[0].start == wall(100ms));
  CHECK(spans[0].probes == 4);
  CHECK_FALSE(outages.open());
}

TEST_CASE("outages: one that nothing has ended lasts until now", "[outages][unit]") {
  HandClock clock;
  Outages outages{clock};
  outages.unanswered(at(100ms), 1, 100ms);
  CHECK(outages.open());
  CHECK(outages.spans(at(300ms)).at(0).end == at(300ms));
  CHECK(outages.spans(at(400ms)).at(0).end == at(400ms));
  // Slots that a flow will never have lie ahead.
  outages.unanswered(at(200ms), 9, 100ms);
  CHECK(outages.spans(at(400ms)).at(0).end == at(1s));
}

TEST_CASE("outages: losses in silence belong to one, and make none", "[outages][unit]") {
  HandClock clock;
  Outages outages{clock};
  outages.lost(at(0ms));
  outages.answered(at(110ms));
  CHECK(outages.spans(at(1s)).empty());
  outages.lost(at(200ms));
  outages.unanswered(at(300ms), 1, 100ms);
  outages.lost(at(400ms));
  outages.answered(at(510ms));
  const auto spans = outages.spans(at(1s));
  REQUIRE(spans.size() == 1);
  CHECK(spans[0].first == at(200ms));
  CHECK(spans[0].probes == 3);
}

TEST_CASE("outages: a thousand are listed, the rest is added to the last", "[outages][unit]") {
  HandClock clock;
  Outages outages{clock};
  for (std::size_t i = 0; i < Outages::kMost + 5; ++i) {
    outages.unanswered(at(i * 10ms), 1, 100ms);
    outages.answered(at(i * 10ms + 5ms));
  }
  const auto spans = outages.spans(at(1h));
  REQUIRE(spans.size() == Outages::kMost);
  CHECK(spans.back().probes == 6);
}

TEST_CASE("outages: the part behind a time has the rest of the probes", "[outages][unit]") {
  const OutageSpan span{.first = at(100ms), .end = at(500ms), .start = wall(100ms), .probes = 4};
  const OutageSpan late = span.since(at(300ms), 3);
  CHECK(late.first == at(300ms));
  CHECK(late.start == wall(300ms));
  CHECK(late.end == at(500ms));
  CHECK(late.probes == 1);
  const OutageSpan all = span.since(at(0ms), 0);
  CHECK(all.first == at(100ms));
  CHECK(all.probes == 4);
}

}  // namespace
}  // namespace netecho
