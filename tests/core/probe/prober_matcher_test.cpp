// Which probe is charged, step by step: the order of events within one train included.

#include "core/probe/prober_matcher.hpp"

#include <cerrno>
#include <string>
#include <vector>

#include "tests/support/catch.hpp"

namespace netecho {
namespace {

using namespace std::chrono_literals;

constexpr Duration kTimeout = 250ms;

Instant at(Duration since) {
  return Instant{since};
}

/// So many probes are out, a millisecond apart.
struct Outstanding {
  explicit Outstanding(std::uint64_t probes) {
    for (std::uint64_t i = 0; i < probes; ++i) {
      matcher.sent(at(static_cast<std::int64_t>(i) * 1ms), Duration::zero());
    }
  }

  ArrivalKind answer(std::uint64_t sequence, Duration when = 20ms) {
    return matcher.arrived({sequence}, at(when)).kind;
  }
  /// The sequences of those that must have been spoiled.
  std::vector<std::uint64_t> spoiled() {
    std::vector<std::uint64_t> out;
    while (const auto lost = matcher.next_spoiled()) {
      CHECK(lost->status == ReplyStatus::mismatch);
      out.push_back(lost->sequence.value);
    }
    return out;
  }
  /// Those that are lost for a reason that somebody gave.
  std::vector<std::uint64_t> explained() {
    std::vector<std::uint64_t> out;
    matcher.settle([&](const SettledProbe& probe) {
      if (probe.explained) out.push_back(probe.sequence.value);
    });
    return out;
  }

  Matcher matcher{16, kTimeout};
};

using Sequences = std::vector<std::uint64_t>;

TEST_CASE("matcher: a reply without a sequence answers the oldest, or else the last that was sent",
          "[prober][unit]") {
  Outstanding out{2};
  CHECK(out.matcher.expected() == Sequence{0});
  CHECK(out.answer(0) == ArrivalKind::received);
  CHECK(out.matcher.expected() == Sequence{1});
  CHECK(out.answer(1) == ArrivalKind::received);
  out.matcher.not_sent(3);
  CHECK(out.matcher.expected() == Sequence{1});
}

TEST_CASE("matcher: what is lost in another way is no longer one of those that may be spoiled",
          "[prober][unit]") {
  Outstanding out{4};
  out.matcher.spoil();
  CHECK(out.spoiled().empty());
  CHECK(out.matcher.refused({1}, ECONNREFUSED)->status == ReplyStatus::refused);
  CHECK(out.matcher.damaged({3})->status == ReplyStatus::mismatch);
  CHECK(out.spoiled().empty());
  CHECK(out.answer(2) == ArrivalKind::received);
  CHECK(out.spoiled() == Sequences{0});
  CHECK(out.matcher.tracker().outstanding() == 0);
}

TEST_CASE("matcher: an answer behind the damage in the same train is in time", "[prober][unit]") {
  Outstanding out{2};
  out.matcher.spoil();
  CHECK(out.spoiled().empty());
  CHECK(out.matcher.damaged({0}).has_value());
  // Nobody asked in between which are spoiled: probe 1 it would be.
  CHECK(out.answer(1) == ArrivalKind::received);
  CHECK(out.spoiled().empty());
}

TEST_CASE("matcher: a reply that is too late leaves the damage to the other probe",
          "[prober][unit]") {
  Outstanding out{2};
  out.matcher.spoil();
  CHECK(out.answer(0, kTimeout + 1ns) == ArrivalKind::late);
  const LostProbe lost = out.matcher.expired({0});
  CHECK(lost.status == ReplyStatus::timeout);
  REQUIRE(lost.sent);
  CHECK(lost.sent->at == at(0ms));
  CHECK(out.spoiled() == Sequences{1});
}

TEST_CASE("matcher: a further copy that is damaged costs nothing", "[prober][unit]") {
  Outstanding out{2};
  CHECK(out.answer(0) == ArrivalKind::received);
  CHECK_FALSE(out.matcher.damaged({0}));
  CHECK_FALSE(out.matcher.refused({0}, EHOSTUNREACH));
  CHECK(out.matcher.tracker().outstanding() == 1);
}

TEST_CASE("matcher: a time-out that the network tells of explains no more than one of our own",
          "[prober][unit]") {
  Outstanding out{3};
  CHECK(out.matcher.refused(ETIMEDOUT)->status == ReplyStatus::timeout);
  CHECK(out.matcher.refused(EHOSTUNREACH)->status == ReplyStatus::unreachable);
  CHECK(out.matcher.timed_out(at(kTimeout + 2ms))->sequence == Sequence{2});
  CHECK_FALSE(out.matcher.refused(EHOSTUNREACH));
  CHECK(out.explained() == Sequences{1});
}

TEST_CASE("matcher: what goes with its connection is lost in order, and no damage is left",
          "[prober][unit]") {
  Outstanding out{3};
  out.matcher.spoil();
  for (const std::uint64_t sequence : {0U, 1U, 2U}) {
    const auto lost = out.matcher.disconnected();
    REQUIRE(lost);
    CHECK(lost->sequence == Sequence{sequence});
    CHECK(lost->status == ReplyStatus::timeout);
  }
  CHECK_FALSE(out.matcher.disconnected());
  CHECK(out.explained() == Sequences{0, 1, 2});
  out.matcher.sent(at(1s), Duration::zero());
  CHECK(out.spoiled().empty());
}

}  // namespace
}  // namespace netecho
