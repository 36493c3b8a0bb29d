// What a result has beside its summary: whole distributions, and whether replies came to the end.

#include <set>

#include "core/probe/prober.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/prober_bench.hpp"
#include "tests/support/sim_network.hpp"

using namespace netecho;
using namespace netecho::test;
using namespace std::chrono_literals;

namespace {

/// The result of five probes, 100 ms apart, that wait 250 ms each; those of `lost` get no reply.
ProbeResult run_with(const std::set<std::uint64_t>& lost, ProbeOptions options = probes(5)) {
  SimNetwork net;
  SimLink* link = nullptr;
  std::vector<ProbeTarget> targets;
  targets.push_back(target_over(net.make_port({}, link)));
  for (const std::uint64_t each : lost) link->fates[each].replies.clear();
  ProbeObserver nobody;
  return run_prober(std::move(targets), options, net, net, nobody, kSeed).front();
}

}  // namespace

TEST_CASE("prober: a detail has the distributions that the summary has figures of",
          "[prober][sim]") {
  const ProbeResult result = run_with({2});
  const Summary& s = result.summary;
  REQUIRE(result.detail != nullptr);
  CHECK(result.latency.get() == &result.detail->latency);
  CHECK(result.detail->latency.count() == s.received_total);
  CHECK(result.detail->latency.max() == s.rtt.max);
  CHECK(result.detail->response.count() == 4);
  CHECK(result.detail->response.min() == s.response.min);
  CHECK(result.detail->server_residence.max() == s.server_residence.max);
  CHECK(result.detail->send_lateness.count() == s.sent_total);
  CHECK(result.detail->unanswered == 1);
}

TEST_CASE("prober: interim reports take nothing from the detail of the run", "[prober][sim]") {
  ProbeOptions options = probes(5);
  options.report_interval = 120ms;
  const ProbeResult result = run_with({1}, options);
  CHECK(result.detail->latency.count() == 4);
  CHECK(result.detail->unanswered == 1);
  CHECK(result.detail->answered_lately);
}

TEST_CASE("prober: a target answers lately if it did within an interval and the time-out",
          "[prober][sim]") {
  CHECK(run_with({}).detail->answered_lately);
  // The run ends at 650 ms, 340 after the reply to the probe before the last.
  CHECK(run_with({4}).detail->answered_lately);
  CHECK_FALSE(run_with({3, 4}).detail->answered_lately);
  CHECK_FALSE(run_with({0, 1, 2, 3, 4}).detail->answered_lately);
}
