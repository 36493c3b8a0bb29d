#pragma once

/// \file
/// The prober over one target on a simulated network, and what holds for every summary.

#include <memory>
#include <utility>
#include <vector>

#include "core/probe/prober.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/sim_network.hpp"

namespace netecho::test {

inline constexpr std::uint64_t kSeed = 7;

inline void check_identities(const Summary& s) {
  CHECK(s.scheduled_total == s.sent_total + s.send_error_total + s.skipped_total);
  CHECK(s.sent_total == s.received_total + s.lost_total + s.outstanding_total);
  CHECK(s.lost_total == s.timeout_total + s.mismatch_total + s.refused_total + s.unreachable_total);
}

/// One target. Its link's fates are set before probe() is called, which is once.
struct Bench {
  explicit Bench(LinkOptions options = {}) : port{net.make_port(options, link)} {}

  Summary probe(const ProbeOptions& options) {
    std::vector<ProbeTarget> targets;
    targets.push_back(target_over(std::move(port), "udp://sim:7"));
    std::vector<Summary> all = probe_over(net, std::move(targets), options, events, kSeed);
    REQUIRE_FALSE(net.stuck());
    CHECK(net.watched() == 0);
    REQUIRE(all.size() == 1);
    check_identities(all[0]);
    return all[0];
  }
  [[nodiscard]] Fate& fate(std::uint64_t message) const { return link->fates[message]; }

  SimNetwork net;
  SimLink* link = nullptr;
  std::unique_ptr<MessagePort> port;
  EventCollector events;
};

/// A periodic schedule of so many probes, each of which waits a quarter of a second for its reply.
inline ProbeOptions probes(std::uint64_t count) {
  ProbeOptions options;
  options.count = count;
  options.timeout = std::chrono::milliseconds{250};
  return options;
}

}  // namespace netecho::test
