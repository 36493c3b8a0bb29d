// The prober over a link that `serve --impair` would make: it counts what the fates say was
// injected, exactly.

#include "core/base/random.hpp"
#include "core/probe/prober.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/sim_network.hpp"

using namespace netecho;
using namespace netecho::test;
using namespace std::chrono_literals;

namespace {

constexpr std::uint64_t kCount = 150;
constexpr Duration kInterval = 7ms;  // No multiple of it is kReorderPatience.

bool overtakes(const MessageFate& its) {
  return !its.lost && !its.corrupt && !its.reordered;
}

/// Whether a later one overtakes this one, soon enough.
bool is_overtaken(const ImpairmentSpec& spec, std::uint64_t ordinal) {
  for (std::uint64_t next = ordinal + 1; next < kCount; ++next) {
    if (static_cast<std::int64_t>(next - ordinal) * kInterval > kReorderPatience) return false;
    if (overtakes(fate(spec, 0, next))) return true;
  }
  return false;
}

ImpairedTotals expected_of(const ImpairmentSpec& spec) {
  ImpairedTotals out;
  for (std::uint64_t i = 0; i < kCount; ++i) {
    const MessageFate its = fate(spec, 0, i);
    out.loss += its.lost ? 1U : 0U;
    out.corrupt += its.corrupt ? 1U : 0U;
    out.dup += its.duplicated ? 1U : 0U;
    out.reorder += its.reordered && is_overtaken(spec, i) ? 1U : 0U;
    out.delayed += !its.lost && (its.delay > 0s || spec.rate != 0) ? 1U : 0U;
  }
  return out;
}

Summary probe_impaired(const ImpairmentSpec& spec, ImpairedTotals& injected) {
  SimNetwork net;
  SimLink* link = nullptr;
  std::vector<ProbeTarget> targets;
  targets.push_back(target_over(net.make_port({.server = SimServer::stamping}, link)));
  link->impaired = std::make_unique<SimImpairment>(spec);
  ProbeOptions options;
  options.count = kCount;
  options.interval = kInterval;
  options.timeout = 1s;
  EventCollector events;
  const std::vector<Summary> all = test::probe_over(net, std::move(targets), options, events, 99);
  REQUIRE(all.size() == 1);
  REQUIRE_FALSE(net.stuck());
  injected = link->impaired->totals;
  return all[0];
}

void check_counts(const ImpairmentSpec& spec) {
  const ImpairedTotals expected = expected_of(spec);
  ImpairedTotals injected;
  const Summary s = probe_impaired(spec, injected);
  CHECK(injected == expected);
  CHECK(s.sent_total == kCount);
  CHECK(s.timeout_total == expected.loss);
  CHECK(s.mismatch_total == expected.corrupt);
  CHECK(s.duplicate_total == expected.dup);
  CHECK(s.reordered_total == expected.reorder);
  CHECK(s.received_total == kCount - expected.loss - expected.corrupt);
  CHECK(s.late_total == 0);
  if (s.received_total != 0) CHECK(s.lost_forward_total == 0U);
}

}  // namespace

TEST_CASE("prober: counts what an impaired server injects, whatever the seed", "[prober][sim]") {
  for (std::uint64_t seed = 0; seed < 1000; ++seed) {
    CAPTURE(seed);
    SplitMix64 random{seed};
    const double most = random.next_unit();
    check_counts({.delay = seed % 3 == 0 ? 30ms : 0ms,
                  .jitter = seed % 3 == 1 ? 40ms : 0ms,
                  .loss = most * random.next_unit(),
                  .dup = most * random.next_unit(),
                  .reorder = most * random.next_unit(),
                  .corrupt = most * random.next_unit(),
                  .rate = seed % 5 == 0 ? 64'000U : 0U,
                  .seed = seed});
  }
}

TEST_CASE("prober: an impaired link's delay is in the round trip, not in the residence",
          "[prober][sim]") {
  ImpairedTotals injected;
  const Summary s = probe_impaired({.delay = 30ms, .jitter = 5ms, .seed = 42}, injected);
  CHECK(s.rtt.min >= 40ms);  // 5 ms each way, and the delay.
  CHECK(s.rtt.max < 45ms);
  CHECK(s.server_residence.max == 0ms);
  CHECK(s.reordered_total == 0);
}
