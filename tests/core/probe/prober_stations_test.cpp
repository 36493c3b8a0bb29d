// A probe that several stations answer: which answer counts for what.

#include <string>
#include <vector>

#include "tests/support/catch.hpp"
#include "tests/support/expect_summary.hpp"
#include "tests/support/prober_bench.hpp"

using namespace netecho;
using namespace netecho::test;
using netecho::testing::expect;
using namespace std::chrono_literals;

namespace {

using Copies = std::vector<Fate::Copy>;

/// "station 0: 3+1": its address, how many probes it answered, and how often again.
std::string told(const Summary& s) {
  std::string out;
  for (const StationFigures& each : s.stations.value()) {
    out += (out.empty() ? "" : ", ") + each.address + ": " + std::to_string(each.received_total) +
           "+" + std::to_string(each.duplicate_total);
  }
  return out;
}

}  // namespace

TEST_CASE("stations: the first answer is the probe's, and others are their station's",
          "[prober][sim]") {
  Bench bench{{.asks_many = true}};
  bench.fate(0).replies = Copies{{}, {.extra = 2ms, .station = 1}};
  bench.fate(1).replies = Copies{{.extra = 3ms}, {.extra = 1ms, .station = 1}};
  const Summary s = bench.probe(probes(2));
  expect(s).sent(2).received(2).lost(0).duplicate(0).late(0).reordered(0);
  CHECK(told(s) == "station 0: 2+0, station 1: 2+0");
  CHECK(s.rtt.min == 10ms);
  CHECK(s.rtt.max == 11ms);
  CHECK(s.stations->front().rtt.max == 13ms);
  CHECK(s.stations->back().rtt.max == 12ms);
  CHECK(bench.events.story() == "0 ok, 0 ok, 1 ok, 1 ok");
  const std::vector<ReplyEvent> replies = bench.events.replies();
  REQUIRE(replies.size() == 4);
  CHECK(replies[0].peer->address == "station 0");
  CHECK(replies[1].peer->address == "station 1");
  CHECK(replies[1].rtt == 12ms);
  CHECK(replies[2].peer->address == "station 1");
  // All of the time-out of the last probe, which left at 100 ms, others may answer.
  CHECK(bench.net.elapsed() == 350ms);
}

TEST_CASE("stations: the same one again is a duplicate", "[prober][sim]") {
  Bench bench{{.asks_many = true}};
  bench.fate(0).replies =
      Copies{{}, {.extra = 1ms}, {.extra = 2ms, .station = 1}, {.extra = 3ms, .station = 1}};
  const Summary s = bench.probe(probes(1));
  expect(s).received(1).duplicate(2).late(0);
  CHECK(told(s) == "station 0: 1+1, station 1: 1+1");
  CHECK(bench.events.story() == "0 ok, 0 duplicate, 0 ok, 0 duplicate");
}

TEST_CASE("stations: who answers too late does not count", "[prober][sim]") {
  Bench bench{{.asks_many = true}};
  bench.fate(0).replies = Copies{{}, {.extra = 245ms, .station = 1}};
  bench.fate(1).replies = Copies{{.extra = 245ms}, {.extra = 246ms, .station = 1}};
  const Summary s = bench.probe(probes(4));
  expect(s).sent(4).received(3).timeout(1).duplicate(0).late(3);
  CHECK(told(s) == "station 0: 3+0, station 1: 0+0");
}

TEST_CASE("stations: without an answer the list is empty, with one peer there is none",
          "[prober][sim]") {
  Bench many{{.asks_many = true}};
  many.fate(0).replies.clear();
  const Summary nobody = many.probe(probes(1));
  CHECK(nobody.stations.value().empty());
  CHECK(nobody.exit_code == 1);
  Bench one;
  CHECK(one.probe(probes(1)).stations == std::nullopt);
}
