#include "core/engine/stats_collector.hpp"

#include "tests/support/catch.hpp"

namespace netecho {
namespace {

std::deque<EndpointStats> counters(std::uint64_t received) {
  EndpointStats stats;
  stats.endpoint.uri = "udp4://127.0.0.1:7";
  stats.rx_bytes_total = received;
  return {stats};
}

const std::vector<std::size_t> kFirst{0};

std::uint64_t received(const StatsCollector& collector) {
  return collector.totals().at(0).rx_bytes_total;
}

TEST_CASE("stats: an answer that comes a round late is not counted twice", "[engine][unit]") {
  StatsCollector collector;
  collector.expect(2, 1);
  collector.ask();
  CHECK_FALSE(collector.tell(0, counters(10), kFirst));
  collector.ask();  // Loop 1 has not got to it yet.
  CHECK_FALSE(collector.tell(0, counters(20), kFirst));
  CHECK(collector.tell(1, counters(5), kFirst));
  CHECK(received(collector) == 25);

  CHECK_FALSE(collector.tell(1, counters(6), kFirst));  // Its second answer is one too many.
  collector.ask();
  CHECK_FALSE(collector.tell(1, counters(7), kFirst));
  CHECK(collector.tell(0, counters(20), kFirst));
  CHECK(received(collector) == 27);
}

TEST_CASE("stats: what a loop told last stands until it tells again", "[engine][unit]") {
  StatsCollector collector;
  collector.expect(2, 2);
  collector.ask();
  collector.tell(0, counters(10), kFirst);
  collector.tell(1, counters(5), std::vector<std::size_t>{1});
  CHECK(collector.totals().at(0).rx_bytes_total == 10);
  CHECK(collector.totals().at(1).rx_bytes_total == 5);
  collector.ask();
  collector.tell(0, counters(11), kFirst);
  CHECK(received(collector) == 11);
  CHECK(collector.totals().at(1).rx_bytes_total == 5);
}

}  // namespace
}  // namespace netecho
