#include "core/measure/round_trip.hpp"

#include "tests/support/catch.hpp"

namespace netecho {
namespace {

using namespace std::chrono_literals;

SettledProbe received(std::uint64_t sequence, Duration rtt) {
  return {.sequence = {sequence}, .received = true, .rtt = rtt};
}
SettledProbe lost(std::uint64_t sequence, Duration sent) {
  return {.sequence = {sequence}, .sent = Instant{sent}};
}

TEST_CASE("jitter: follows the differences of round trips in order of arrival",
          "[round_trip][unit]") {
  Rfc3550Jitter jitter;
  CHECK(jitter.value() == std::nullopt);
  jitter.received(10ms);
  CHECK(jitter.value() == std::nullopt);
  jitter.received(26ms);
  CHECK(jitter.value() == 1ms);  // 16/16
  jitter.received(10ms);
  CHECK(jitter.value() == 1'937'500ns);  // 1 + (16 - 1)/16
  jitter.received(10ms);
  CHECK(jitter.value() == 1'816'406ns);  // 1.9375 * 15/16
}

TEST_CASE("round_trip: variation is between neighbours that were both received",
          "[round_trip][unit]") {
  RoundTripStatistics statistics{100ms};
  statistics.settled(received(0, 10ms));
  statistics.settled(received(1, 14ms));
  statistics.settled(lost(2, 200ms));
  statistics.settled(received(3, 50ms));
  statistics.settled(received(5, 90ms));  // 4 was not sent.
  statistics.settled(received(6, 80ms));
  CHECK(statistics.rtt_variation.count() == 2);
  CHECK(statistics.rtt_variation.min() == 4ms);
  CHECK(statistics.rtt_variation.max() == 10ms);
  CHECK(statistics.loss_runs.count() == 1);
}

TEST_CASE("round_trip: what was not answered is an infinite response and no round trip",
          "[round_trip][unit]") {
  RoundTripStatistics statistics{100ms};
  statistics.received(10ms, 12ms);
  statistics.unanswered(1);
  CHECK(statistics.rtt.count() == 1);
  CHECK(statistics.response.percentile(kP50, statistics.unanswered()) == 12ms);
  statistics.unanswered(1);
  CHECK(statistics.response.percentile(kP50, statistics.unanswered()) == std::nullopt);
}

}  // namespace
}  // namespace netecho
