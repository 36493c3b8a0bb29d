#include "core/probe/due_times.hpp"

#include <algorithm>
#include <vector>

#include "core/base/random.hpp"
#include "tests/support/catch.hpp"

namespace netecho {
namespace {

using namespace std::chrono_literals;

using Ids = std::vector<std::uint32_t>;

Instant at(Duration since) {
  return Instant{since};
}

DueTimes of(std::size_t ids) {
  DueTimes times;
  for (std::size_t i = 0; i < ids; ++i) times.add();
  return times;
}

Ids due(const DueTimes& times, Instant now) {
  Ids out;
  times.collect(now, out);
  std::sort(out.begin(), out.end());
  return out;
}

TEST_CASE("due_times: nothing is due before it is said to be", "[probe][unit]") {
  CHECK(DueTimes{}.earliest() == kNever);
  CHECK(due(DueTimes{}, at(1h)).empty());
  DueTimes times = of(3);
  CHECK(times.size() == 3);
  CHECK(times.earliest() == kNever);
  times.set(1, at(5s));
  CHECK(times.earliest() == at(5s));
  CHECK(due(times, at(5s) - 1ns).empty());
  CHECK(due(times, at(5s)) == Ids{1});
}

TEST_CASE("due_times: what is put off is due later, and what is taken back never",
          "[probe][unit]") {
  DueTimes times = of(3);
  times.set(0, at(1s));
  times.set(1, at(2s));
  times.set(2, at(3s));
  times.set(0, at(4s));
  CHECK(times.earliest() == at(2s));
  CHECK(due(times, at(3s)) == Ids{1, 2});
  times.set(1, kNever);
  CHECK(times.earliest() == at(3s));
  CHECK(due(times, at(1h)) == Ids{0, 2});
  times.set(2, Instant{});  // At once: that has passed.
  CHECK(times.earliest() == Instant{});
}

TEST_CASE("due_times: what is due is added to what was there", "[probe][unit]") {
  DueTimes times = of(2);
  times.set(1, at(1s));
  Ids out{7};
  times.collect(at(1s), out);
  CHECK(out == Ids{7, 1});
}

TEST_CASE("due_times: they agree with a look at each, whatever is set", "[probe][unit]") {
  SplitMix64 random{3};
  DueTimes times;
  std::vector<Instant> each;
  for (int step = 0; step < 20'000; ++step) {
    if (each.size() < 100 && random.next() % 50 == 0) {
      times.add();
      each.push_back(kNever);
    }
    if (each.empty()) continue;
    const std::size_t id = random.next() % each.size();
    const bool never = random.next() % 8 == 0;
    each[id] = never ? kNever : at(Duration{static_cast<std::int64_t>(random.next() % 500)});
    times.set(static_cast<std::uint32_t>(id), each[id]);
    REQUIRE(times.when(static_cast<std::uint32_t>(id)) == each[id]);
    REQUIRE(times.earliest() == *std::min_element(each.begin(), each.end()));
    const Instant now = at(Duration{static_cast<std::int64_t>(random.next() % 500)});
    Ids expected;
    for (std::uint32_t i = 0; i < each.size(); ++i) {
      if (each[i] <= now) expected.push_back(i);
    }
    REQUIRE(due(times, now) == expected);
  }
}

}  // namespace
}  // namespace netecho
