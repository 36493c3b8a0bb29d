#pragma once

/// \file
/// The flows of a run, target by target, and what they come to together.

#include <map>
#include <memory>
#include <span>
#include <vector>

#include "core/base/random.hpp"
#include "core/probe/prober_flow.hpp"
#include "core/probe/target_source.hpp"

namespace netecho {

/// Above so many flows at once the run is one of many: it takes memory as it comes to need it, and
/// does not spin before each probe, which would cost a core.
inline constexpr std::size_t kFewFlows = 64;

class FlowTable {
 public:
  /// `context` outlives the table.
  FlowTable(const ProberContext& context, std::uint64_t seed);

  /// Makes flows for the targets that came, and retires those of the targets that went. Returns
  /// the ids of all of them. Throws what ProbeFlow throws.
  std::vector<std::uint32_t> take(TargetSet& changes);
  /// Each flow that came since the last time begins at its phase after `start`.
  void begin(Instant start, WallTime wall);

  /// A flow's place is its id; null: it is over, and forgotten.
  [[nodiscard]] std::span<const std::unique_ptr<ProbeFlow>> all() const noexcept { return flows_; }
  /// Forgets a flow, whose id another one will have, and with the last one of a target that, too.
  /// REQUIRES: it is over, and nobody wants its result (Keep::counts).
  void forget(std::uint32_t id);

  /// One result a target: of the whole run, or of the period that ends now.
  [[nodiscard]] std::vector<ProbeResult> results(Instant now, bool interrupted) const;
  [[nodiscard]] std::vector<ProbeResult> end_period(Instant now) const;
  /// Starts a new time of `recent` figures.
  [[nodiscard]] std::vector<ProbeStatus> status() const;

 private:
  struct Target {
    ProbeTarget target;                ///< Its flows refer to it.
    std::vector<std::uint32_t> flows;  ///< Their ids.
    WallTime started{};                ///< Once it has begun.
  };
  void add(ProbeTarget target, HistogramSpace space);
  [[nodiscard]] std::uint32_t free_id();
  /// How much later than those it came with a flow begins. All flows of all these targets take
  /// turns within an interval, those of one target at equal distances: what is due in the same
  /// instant would wait for each other. Many flows take turns in rounds of a few. Depends on
  /// nothing but its place; zero in a flood. Where the run ends before two intervals are over,
  /// turns are taken within half of it.
  [[nodiscard]] Duration phase_of(std::size_t target, std::size_t flow, Instant start) const;
  template <typename FiguresOf>
  [[nodiscard]] std::vector<ProbeResult> collect(Instant now, bool interrupted,
                                                 const FiguresOf& figures_of) const;

  const ProberContext& context_;
  SplitMix64 seeds_;
  SplitMix64 warm_up_seeds_;
  std::map<std::size_t, Target> targets_;  ///< By number.
  std::vector<std::unique_ptr<ProbeFlow>> flows_;
  std::vector<std::uint32_t> free_;  ///< Ids of flows that were forgotten.
  std::size_t next_ = 0;             ///< The number of the target that comes next.
  std::size_t begun_ = 0;            ///< Targets before this number have begun.
  Instant taken_{};                  ///< When targets came or went last.
};

}  // namespace netecho
