#include "core/serve/stats_collector.hpp"

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

TEST_CASE("stats: every counter is that of all loops together", "[engine][unit]") {
  EndpointStats of_one;
  of_one.endpoint.uri = "udp4://127.0.0.1:7";
  of_one.connections_open = 1;
  of_one.accepted_total = 2;
  of_one.rejected_total = 3;
  of_one.rx_bytes_total = 4;
  of_one.tx_bytes_total = 5;
  of_one.rx_messages_total = 6;
  of_one.tx_messages_total = 7;
  of_one.frames_stamped_total = 8;
  of_one.framing_lost_total = 9;
  of_one.stalled_bytes = 10;
  for (std::size_t i = 0; i < kDropReasonCount; ++i) of_one.dropped_total[i] = 11 + i;
  of_one.kernel_drop_buffers_total = 100;
  of_one.impaired_total = {.loss = 200, .dup = 201, .reorder = 202, .corrupt = 203, .delayed = 204};
  StatsCollector collector;
  collector.expect(3, 1);
  for (const std::size_t loop : {0U, 1U, 2U}) {
    static_cast<void>(collector.tell(loop, {of_one}, kFirst));
  }
  const EndpointStats all = collector.totals().at(0);
  CHECK(all.connections_open == 3);
  CHECK(all.accepted_total == 6);
  CHECK(all.rejected_total == 9);
  CHECK(all.rx_bytes_total == 12);
  CHECK(all.tx_bytes_total == 15);
  CHECK(all.rx_messages_total == 18U);
  CHECK(all.tx_messages_total == 21U);
  CHECK(all.frames_stamped_total == 24);
  CHECK(all.framing_lost_total == 27);
  CHECK(all.stalled_bytes == 30);
  for (std::size_t i = 0; i < kDropReasonCount; ++i) CHECK(all.dropped_total[i] == 3 * (11 + i));
  CHECK(all.kernel_drop_buffers_total == 300U);
  CHECK(all.impaired_total ==
        ImpairedTotals{.loss = 600, .dup = 603, .reorder = 606, .corrupt = 609, .delayed = 612});
}

TEST_CASE("stats: what one loop alone has counted is that of all loops together",
          "[engine][unit]") {
  EndpointStats without;
  without.endpoint.uri = "udp4://127.0.0.1:7";
  EndpointStats with = without;
  with.rx_messages_total = 3;
  with.kernel_drop_buffers_total = 2;
  StatsCollector collector;
  collector.expect(2, 1);
  static_cast<void>(collector.tell(0, {without}, kFirst));
  static_cast<void>(collector.tell(1, {with}, kFirst));
  const EndpointStats all = collector.totals().at(0);
  CHECK(all.rx_messages_total == 3U);
  CHECK(all.kernel_drop_buffers_total == 2U);
}

}  // namespace
}  // namespace netecho
