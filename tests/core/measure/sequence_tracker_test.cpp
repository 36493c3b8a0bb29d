#include "core/measure/sequence_tracker.hpp"

#include <vector>

#include "tests/support/catch.hpp"

namespace netecho {
namespace {

using namespace std::chrono_literals;

constexpr Duration kTimeout = 250ms;

Instant at(Duration since) {
  return Instant{1000s} + since;
}

struct Bench {
  SequenceTracker tracker{16, kTimeout};
  std::vector<SettledProbe> settled;

  void send(Duration since, Duration lateness = 0ms) {
    REQUIRE_FALSE(tracker.full());
    tracker.sent(at(since), lateness);
  }
  Arrival arrive(std::uint64_t sequence, Duration since) {
    return tracker.arrived({sequence}, at(since));
  }
  /// The sequences that became final, in order.
  std::vector<std::uint64_t> settle() {
    std::vector<std::uint64_t> now;
    tracker.settle([&](const SettledProbe& probe) {
      settled.push_back(probe);
      for (std::uint64_t i = 0; i < probe.probes; ++i) now.push_back(probe.sequence.value + i);
    });
    return now;
  }
};

using Sequences = std::vector<std::uint64_t>;

TEST_CASE("sequence_tracker: the first copy in time is the answer", "[sequence_tracker][unit]") {
  Bench bench;
  bench.send(0ms);
  bench.send(100ms, 3ms);
  CHECK(bench.tracker.outstanding() == 2);
  CHECK(bench.tracker.next_expiry() == at(250ms));
  const Arrival arrival = bench.arrive(1, 110ms);
  CHECK(arrival.kind == ArrivalKind::received);
  CHECK(arrival.rtt == 10ms);
  CHECK(arrival.lateness == 3ms);
  CHECK(arrival.sent_up_to == 2);
  CHECK_FALSE(arrival.reordered);
  CHECK(bench.tracker.outstanding() == 1);
  CHECK(bench.arrive(1, 120ms).kind == ArrivalKind::duplicate);
}

TEST_CASE("sequence_tracker: an answer behind a higher one is reordered, its copies are not",
          "[sequence_tracker][unit]") {
  Bench bench;
  bench.send(0ms);
  bench.send(1ms);
  CHECK_FALSE(bench.arrive(1, 10ms).reordered);
  const Arrival behind = bench.arrive(0, 11ms);
  CHECK(behind.kind == ArrivalKind::received);
  CHECK(behind.reordered);
  CHECK(behind.sent_up_to == 1);
  const Arrival copy = bench.arrive(0, 12ms);
  CHECK(copy.kind == ArrivalKind::duplicate);
  CHECK_FALSE(copy.reordered);
}

TEST_CASE("sequence_tracker: all answers behind the highest are reordered, in whatever order",
          "[sequence_tracker][unit]") {
  Bench bench;
  for (int i = 0; i < 4; ++i) bench.send(i * 1ms);
  CHECK_FALSE(bench.arrive(2, 10ms).reordered);
  CHECK(bench.arrive(0, 11ms).reordered);
  CHECK(bench.arrive(1, 12ms).reordered);  // Above the one before, but not the highest.
  CHECK_FALSE(bench.arrive(3, 13ms).reordered);
}

TEST_CASE("sequence_tracker: a doubt changes nothing but what doubted() tells",
          "[sequence_tracker][unit]") {
  Bench bench;
  bench.send(0ms, 3ms);
  bench.send(10ms, -2ms);
  bench.tracker.doubt({0});
  bench.tracker.doubt({1});
  bench.tracker.doubt({2});  // Not sent yet.
  bench.send(20ms);
  CHECK(bench.tracker.doubted({0}));
  CHECK(bench.tracker.doubted({1}));
  CHECK_FALSE(bench.tracker.doubted({2}));
  CHECK(bench.tracker.outstanding() == 3);
  CHECK(bench.tracker.sent_probe({1})->lateness == -2ms);
  const Arrival answer = bench.arrive(0, 30ms);
  CHECK(answer.kind == ArrivalKind::received);
  CHECK(answer.rtt == 30ms);
  CHECK(answer.lateness == 3ms);
  CHECK_FALSE(bench.tracker.doubted({0}));
  bench.tracker.lose({1});
  CHECK_FALSE(bench.tracker.doubted({1}));
  bench.tracker.doubt({1});  // Too late.
  CHECK(bench.arrive(1, 300ms).lateness == -2ms);
}

TEST_CASE("sequence_tracker: the time-out itself is still in time, the next nanosecond is not",
          "[sequence_tracker][unit]") {
  Bench bench;
  bench.send(0ms);
  SECTION("in time") {
    CHECK(bench.arrive(0, kTimeout).kind == ArrivalKind::received);
  }
  SECTION("late, though nobody had given it up yet") {
    const Arrival arrival = bench.arrive(0, kTimeout + 1ns);
    CHECK(arrival.kind == ArrivalKind::late);
    CHECK(arrival.expired);
    CHECK(arrival.rtt == kTimeout + 1ns);
    CHECK(bench.tracker.outstanding() == 0);
    CHECK(bench.arrive(0, 300ms).kind == ArrivalKind::duplicate);
  }
}

TEST_CASE("sequence_tracker: the first copy of a lost probe is late, further ones are duplicates",
          "[sequence_tracker][unit]") {
  Bench bench;
  bench.send(0ms);
  bench.tracker.lose({0});
  const Arrival arrival = bench.arrive(0, 300ms);
  CHECK(arrival.kind == ArrivalKind::late);
  CHECK_FALSE(arrival.expired);
  CHECK(arrival.rtt == 300ms);
  CHECK(bench.arrive(0, 301ms).kind == ArrivalKind::duplicate);
}

TEST_CASE("sequence_tracker: what was never sent has no copies", "[sequence_tracker][unit]") {
  Bench bench;
  bench.send(0ms);
  bench.tracker.not_sent(2);
  bench.send(300ms);
  CHECK(bench.arrive(1, 310ms).kind == ArrivalKind::unknown);
  CHECK(bench.arrive(4, 310ms).kind == ArrivalKind::unknown);
  CHECK(bench.arrive(UINT64_MAX, 310ms).kind == ArrivalKind::unknown);
  CHECK(bench.tracker.next() == Sequence{4});
  CHECK(bench.tracker.sent_total() == 2);
  CHECK(bench.arrive(3, 310ms).sent_up_to == 2);
}

TEST_CASE("sequence_tracker: settles in order of sequence, each probe once",
          "[sequence_tracker][unit]") {
  Bench bench;
  bench.send(0ms);
  bench.send(1ms);
  bench.tracker.not_sent(1);
  bench.send(3ms);
  static_cast<void>(bench.arrive(1, 11ms));
  CHECK(bench.settle().empty());  // 0 is not known yet.
  bench.tracker.lose({0});
  CHECK(bench.settle() == Sequences{0, 1});
  CHECK(bench.settle().empty());
  static_cast<void>(bench.arrive(3, 13ms));
  CHECK(bench.settle() == Sequences{3});
  REQUIRE(bench.settled.size() == 3);
  CHECK_FALSE(bench.settled[0].received);
  CHECK(bench.settled[0].sent == at(0ms));
  CHECK(bench.settled[1].received);
  CHECK(bench.settled[1].rtt == 10ms);
}

TEST_CASE("sequence_tracker: slots that were not sent and count settle in their turn",
          "[sequence_tracker][unit]") {
  Bench bench;
  bench.send(0ms);
  bench.tracker.unanswered(at(1ms));
  bench.tracker.not_sent(1);
  bench.send(3ms);
  static_cast<void>(bench.arrive(3, 13ms));
  CHECK(bench.settle().empty());
  Sequences waiting;
  bench.tracker.for_each_waiting(
      [&](const SettledProbe& probe) { waiting.push_back(probe.sequence.value); });
  CHECK(waiting == Sequences{1, 3});
  bench.tracker.lose({0}, Loss::explained);
  CHECK(bench.settle() == Sequences{0, 1, 3});
  CHECK(bench.settled[0].explained);
  CHECK(bench.settled[1].explained);
  CHECK(bench.settled[1].sent == at(1ms));
  CHECK(bench.settled[2].sent == at(3ms));
  CHECK_FALSE(bench.tracker.was_sent({1}));
  CHECK(bench.arrive(1, 20ms).kind == ArrivalKind::unknown);
  CHECK(bench.arrive(0, 20ms).kind == ArrivalKind::late);
}

TEST_CASE("sequence_tracker: those that left together arrive together, and no others",
          "[sequence_tracker][unit]") {
  Bench bench;
  for (int i = 0; i < 4; ++i) bench.send(0ms);
  bench.send(1ms);
  bench.tracker.not_sent(1);
  bench.send(1ms);
  const Arrival first = bench.tracker.arrived({0}, at(20ms), 1);
  CHECK(first.probes == 1);
  const Arrival three = bench.tracker.arrived({1}, at(20ms), 10);
  CHECK(three.kind == ArrivalKind::received);
  CHECK(three.probes == 3);
  CHECK(three.rtt == 20ms);
  CHECK(three.sent_up_to == 2);
  CHECK(bench.tracker.outstanding() == 2);
  CHECK(bench.tracker.oldest_outstanding() == Sequence{4});
  CHECK(bench.tracker.arrived({4}, at(20ms), 3).probes == 1);  // 5 was not sent.
  CHECK(bench.arrive(3, 21ms).kind == ArrivalKind::duplicate);
  CHECK(bench.settle() == Sequences{0, 1, 2, 3, 4});
  for (const SettledProbe& probe : bench.settled) CHECK(probe.received);
}

TEST_CASE("sequence_tracker: those that were sent and received together are final at once",
          "[sequence_tracker][unit]") {
  Bench bench;
  bench.tracker.sent(at(0ms), 2ms, 5);
  bench.send(1ms, 3ms);
  CHECK(bench.tracker.sent_total() == 6);
  CHECK(bench.tracker.outstanding() == 6);
  CHECK(bench.tracker.sent_probe({4}).value().lateness == 2ms);
  CHECK(bench.tracker.arrived({0}, at(20ms), 2).probes == 2);
  CHECK(bench.tracker.arrived({2}, at(21ms), 4).probes == 3);  // The last one left by itself.
  CHECK(bench.arrive(5, 22ms).sent_up_to == 6);
  CHECK(bench.settle() == Sequences{0, 1, 2, 3, 4, 5});
  REQUIRE(bench.settled.size() == 3);
  CHECK(bench.settled[0].probes == 2);
  CHECK(bench.settled[0].rtt == 20ms);
  CHECK(bench.settled[1].sequence == Sequence{2});
  CHECK(bench.settled[1].probes == 3);
  CHECK(bench.settled[1].rtt == 21ms);
  CHECK(bench.settled[2].probes == 1);
  bench.tracker.sent(at(30ms), 0ms, 3);
  bench.tracker.lose({6});
  bench.tracker.lose({7});
  CHECK(bench.arrive(8, 30ms).kind == ArrivalKind::received);
  CHECK(bench.settle() == Sequences{6, 7, 8});
  CHECK(bench.settled.size() == 6);  // What is lost is told one by one.
}

TEST_CASE("sequence_tracker: of those that left together, what is overtaken arrives alone",
          "[sequence_tracker][unit]") {
  Bench bench;
  for (int i = 0; i < 4; ++i) bench.send(0ms);
  bench.tracker.lose({2});
  CHECK(bench.arrive(3, 10ms).kind == ArrivalKind::received);
  const Arrival overtaken = bench.tracker.arrived({0}, at(10ms), 4);
  CHECK(overtaken.reordered);
  CHECK(overtaken.probes == 1);
  CHECK(bench.tracker.arrived({1}, at(10ms), 3).probes == 1);
  const Arrival late = bench.tracker.arrived({2}, at(10ms), 2);
  CHECK(late.kind == ArrivalKind::late);
  CHECK(late.probes == 1);
}

TEST_CASE("sequence_tracker: takes no more probes than it was made for",
          "[sequence_tracker][unit]") {
  SequenceTracker tracker{2, kTimeout};
  tracker.sent(at(0ms), 0ms);
  CHECK_FALSE(tracker.full());
  tracker.sent(at(1ms), 0ms);
  CHECK(tracker.full());
  tracker.lose({0});
  CHECK_FALSE(tracker.full());
  CHECK(tracker.oldest_outstanding() == Sequence{1});
  CHECK(tracker.outstanding_up_to({0}) == 0);
  CHECK(tracker.outstanding_up_to({7}) == 1);
}

TEST_CASE("sequence_tracker: a long pause does not let new probes run over old ones",
          "[sequence_tracker][unit]") {
  SequenceTracker tracker{4, kTimeout};
  tracker.sent(at(0ms), 0ms);
  tracker.not_sent(1);
  tracker.sent(at(2ms), 0ms);
  tracker.not_sent(10'000'000);
  CHECK(tracker.full());
  CHECK(tracker.is_outstanding({0}));
  CHECK(tracker.next_expiry() == at(250ms));
  tracker.lose({0});
  CHECK(tracker.full());
  CHECK(tracker.oldest_outstanding() == Sequence{2});
  CHECK(tracker.outstanding_up_to({5'000'000}) == 1);
  CHECK(tracker.arrived({2}, at(240ms)).kind == ArrivalKind::received);
  CHECK_FALSE(tracker.full());
  std::vector<std::uint64_t> settled;
  tracker.settle([&](const SettledProbe& probe) { settled.push_back(probe.sequence.value); });
  CHECK(settled == Sequences{0, 2});
}

TEST_CASE("sequence_tracker: may be made to remember less, but all that can be outstanding",
          "[sequence_tracker][unit]") {
  CHECK(SequenceTracker(1, kTimeout, 64).capacity() == 64);
  CHECK(SequenceTracker(33, kTimeout, 64).capacity() == 128);
}

TEST_CASE("sequence_tracker: remembers as many final probes as can be outstanding, at least 512",
          "[sequence_tracker][unit]") {
  const std::size_t outstanding = GENERATE(1U, 16U, 600U, 262'144U);
  SequenceTracker tracker{outstanding, kTimeout};
  const std::uint64_t capacity = tracker.capacity();
  CHECK(capacity >= std::max<std::size_t>(1024, 2 * outstanding));
  CHECK(capacity <= 524'288);
  std::uint64_t settled = 0;
  for (std::uint64_t i = 0; i < 2 * capacity; ++i) {
    tracker.sent(at(1ms * i), 0ms);
    static_cast<void>(tracker.arrived({i}, at(1ms * i + 1ms)));
    tracker.settle([&](const SettledProbe&) { ++settled; });
  }
  CHECK(settled == 2 * capacity);
  CHECK(tracker.capacity() == capacity);
  const std::uint64_t next = tracker.next().value;
  CHECK(tracker.arrived({next - capacity}, at(1h)).kind == ArrivalKind::duplicate);
  const Arrival forgotten = tracker.arrived({next - capacity - 1}, at(1h));
  CHECK(forgotten.kind == ArrivalKind::late);
  CHECK(forgotten.rtt == std::nullopt);
}

}  // namespace
}  // namespace netecho
