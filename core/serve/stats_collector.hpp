#pragma once

/// \file
/// Adds up the counters of loops that run on threads of their own, each of which tells them when it
/// gets to it.

#include <deque>
#include <vector>

#include "core/facts/server_stats.hpp"

namespace netecho {

/// Keeps what each loop told last, so that nothing is counted twice, however late an answer comes,
/// and no total is ever smaller than one before. Not for several threads at once.
class StatsCollector {
 public:
  /// Called when the totals are wanted, so that the loops tell their counters. While an earlier
  /// call waits for some of them, it still waits for those.
  void ask() noexcept;
  /// Loop number `loop` tells its counters. `endpoints`: which of the server's each is about.
  /// Returns true if it was the last that was waited for. If memory runs out it throws, and the
  /// loop has not told.
  bool tell(std::size_t loop, const std::deque<EndpointStats>& stats,
            const std::vector<std::size_t>& endpoints);
  /// Returns the sum of all that was told last, an entry for each of the server's endpoints.
  [[nodiscard]] std::vector<EndpointStats> totals() const;
  /// REQUIRES: called once, before anything else.
  void expect(std::size_t loops, std::size_t endpoints);

 private:
  struct Told {
    std::vector<EndpointStats> stats;
    std::vector<std::size_t> endpoints;
    bool since_asked = false;
  };
  std::vector<Told> loops_;
  std::size_t endpoints_ = 0;
  std::size_t waited_for_ = 0;
};

}  // namespace netecho
