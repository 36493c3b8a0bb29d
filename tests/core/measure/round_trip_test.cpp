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
  jitter.received(10ms);
  CHECK(jitter.value() == 1'702'881ns);  // 1.9375 * (15/16)^2
  jitter.received(11ms);
  CHECK(jitter.value() == 1'658'951ns);  // That, and a sixteenth of what it lacks to 1.
}

TEST_CASE("jitter: is none at all between equal round trips", "[round_trip][unit]") {
  Rfc3550Jitter jitter;
  jitter.received(10ms);
  jitter.received(10ms);
  CHECK(jitter.value() == 0ns);
}

TEST_CASE("round_trip: variation is between neighbours that were both received",
          "[round_trip][unit]") {
  RoundTripOrder order{100ms};
  CHECK(order.settled(received(0, 10ms)) == std::nullopt);
  CHECK(order.settled(received(1, 14ms)) == 4ms);
  CHECK(order.settled(lost(2, 200ms)) == std::nullopt);
  CHECK(order.settled(received(3, 50ms)) == std::nullopt);
  CHECK(order.settled(received(5, 90ms)) == std::nullopt);  // 4 was not sent.
  CHECK(order.settled(received(6, 80ms)) == 10ms);
  SettledProbe several = received(7, 81ms);
  several.probes = 3;
  CHECK(order.settled(several) == 1ms);
  CHECK(order.settled(received(10, 84ms)) == 3ms);
  CHECK(order.loss_runs.count() == 1);
}

TEST_CASE("round_trip: what was not answered is an infinite response and no round trip",
          "[round_trip][unit]") {
  RoundTripStatistics statistics;
  statistics.rtt.record(10ms);
  statistics.response.record(12ms);
  statistics.unanswered(1);
  CHECK(statistics.rtt.count() == 1);
  CHECK(statistics.response.percentile(kP50, statistics.unanswered()) == 12ms);
  statistics.unanswered(1);
  CHECK(statistics.response.percentile(kP50, statistics.unanswered()) == std::nullopt);
}

TEST_CASE("round_trip: merged statistics are those of everything", "[round_trip][unit]") {
  RoundTripStatistics a;
  a.rtt.record(10ms);
  a.response.record(11ms);
  a.unanswered(2);
  a.sent(1us, 5us);
  RoundTripStatistics b;
  b.rtt.record(30ms);
  b.sent(3us, std::nullopt);
  b.rtt_kernel.record(9ms);
  b.discarded = 4;
  a.merge(b);
  CHECK(a.rtt.count() == 2);
  CHECK(a.rtt.mean() == 20ms);
  CHECK(a.response.count() == 1);
  CHECK(a.unanswered() == 2);
  CHECK(a.send_call.max() == 3us);
  CHECK(a.send_lateness.count() == 1);
  CHECK(a.rtt_kernel.max() == 9ms);
  CHECK(a.discarded == 4);
  a.reset();
  CHECK(a.rtt.count() == 0);
  CHECK(a.rtt.max() == std::nullopt);
  CHECK(a.rtt.percentile(kP50) == std::nullopt);
  CHECK(a.unanswered() == 0);
  CHECK(a.discarded == 0);
  a.rtt.record(5ms);
  a.response.record(5ms);
  CHECK(a.rtt.percentile(kP50) == 5ms);
  CHECK(a.rtt.min() == 5ms);
}

}  // namespace
}  // namespace netecho
