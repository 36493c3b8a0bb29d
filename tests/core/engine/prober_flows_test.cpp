// What several flows of a target have in common. On a simulated network.

#include <optional>
#include <utility>
#include <vector>

#include "core/engine/prober.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/sim_network.hpp"

namespace netecho {
namespace {

using namespace netecho::test;

/// Of a target whose flows met such servers.
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

}  // namespace
}  // namespace netecho
