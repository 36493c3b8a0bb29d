#pragma once

/// \file
/// The flows of a run, target by target, and what they come to together.

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

  /// Makes flows for the targets that came, and retires those of the targets that went. False:
  /// nothing has changed. Throws what ProbeFlow throws.
  bool take(TargetSet& changes);
  /// Each flow that came since the last time begins at its phase after `start`.
  void begin(Instant start, WallTime wall);

  /// A flow's place is its id.
  [[nodiscard]] std::span<const std::unique_ptr<ProbeFlow>> all() const noexcept { return flows_; }

  /// One result a target: of the whole run, or of the period that ends now.
  [[nodiscard]] std::vector<ProbeResult> results(Instant now, bool interrupted) const;
  [[nodiscard]] std::vector<ProbeResult> end_period(Instant now) const;
  /// Starts a new time of `recent` figures.
  [[nodiscard]] std::vector<ProbeStatus> status() const;

 private:
  using Flows = std::span<const std::unique_ptr<ProbeFlow>>;
  void add(ProbeTarget target, HistogramSpace space);
  /// How much later than those it came with a flow begins. All flows of all these targets take
  /// turns within an interval, those of one target at equal distances: what is due in the same
  /// instant would wait for each other. Many flows take turns in rounds of a few. Depends on
  /// nothing but its place; zero in a flood. Where the run ends before two intervals are over,
  /// turns are taken within half of it.
  [[nodiscard]] Duration phase_of(std::size_t target, std::size_t flow) const noexcept;
  [[nodiscard]] Flows flows_of(std::size_t target) const noexcept;
  template <typename FiguresOf>
  [[nodiscard]] std::vector<ProbeResult> collect(Instant now, bool interrupted,
                                                 const FiguresOf& figures_of) const;

  const ProberContext& context_;
  SplitMix64 seeds_;
  SplitMix64 warm_up_seeds_;
  std::vector<std::unique_ptr<ProbeTarget>> targets_;  ///< Flows refer to theirs.
  std::vector<std::unique_ptr<ProbeFlow>> flows_;
  std::vector<std::size_t> first_{0};  ///< Flow of each target, and the end.
  std::vector<WallTime> started_;      ///< When each target began; the others have yet to.
  Duration turns_within_{};            ///< Those yet to begin share it.
};

}  // namespace netecho
