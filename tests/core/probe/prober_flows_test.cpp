// What several flows of a target have in common. On a simulated network.

#include <array>
#include <optional>
#include <utility>
#include <vector>

#include "core/probe/prober.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/expect_summary.hpp"
#include "tests/support/sim_network.hpp"

namespace netecho {
namespace {

using namespace netecho::test;
using netecho::testing::expect;
using namespace std::chrono_literals;

/// Probes a target, each flow of which meets one of these servers.
Summary probe(const std::vector<SimServer>& servers) {
  SimNetwork net;
  std::vector<ProbeTarget> targets(1);
  for (const SimServer server : servers) {
    SimLink* link = nullptr;
    targets[0].flows.emplace_back().port = net.make_port({.server = server}, link);
  }
  ProbeObserver nobody;
  return run_prober(std::move(targets), {.count = 2}, net, net, nobody, /*seed=*/7).at(0).summary;
}

TEST_CASE("prober: a target has a stamping server if each of its flows met one", "[prober][sim]") {
  constexpr SimServer kStamping = SimServer::stamping;
  constexpr SimServer kPlain = SimServer::plain;
  CHECK(probe({kStamping, kStamping}).stamped == true);
  CHECK(probe({kStamping, kPlain}).stamped == false);
  CHECK(probe({kPlain, kStamping}).stamped == false);
  CHECK(probe({kPlain, kPlain}).stamped == false);
}

TEST_CASE("prober: a schedule begins with its first probe, however late that is", "[prober][sim]") {
  SimNetwork net;
  std::vector<ProbeTarget> targets(2);
  std::array<SimLink*, 2> links{};
  for (std::size_t i = 0; i < 2; ++i) {
    targets[i].flows.emplace_back().port = net.make_port({}, links[i]);
  }
  net.oversleep_at(1ms, 5s);  // The second one's turn is half an interval after the first one's.
  ProbeObserver nobody;
  const ProbeOptions options{.count = 10, .interval = 10ms};
  const auto results = run_prober(std::move(targets), options, net, net, nobody, /*seed=*/7);
  expect(results[0].summary).sent(1).skipped(9);
  CHECK(results[1].summary.sent_total == 10);
  CHECK(results[1].summary.send_lateness.max == 0ns);
  CHECK(links[1]->sent_at[9] - links[1]->sent_at[0] == 90ms);
}

}  // namespace
}  // namespace netecho
