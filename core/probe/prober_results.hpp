#pragma once

/// \file
/// The flows of a run, target by target, and what they come to together.

#include <memory>
#include <span>
#include <vector>

#include "core/base/random.hpp"
#include "core/probe/prober_flow.hpp"

namespace netecho {

/// Above so many flows at once the run is one of many: it takes memory as it comes to need it, and
/// does not spin before each probe, which would cost a core.
inline constexpr std::size_t kFewFlows = 64;

class FlowTable {
 public:
  /// Takes the connections of `targets`, which outlive the table. Throws what ProbeFlow throws.
  FlowTable(std::vector<ProbeTarget>& targets, const ProberContext& context, SplitMix64& seeds);

  /// How much later than the run a flow begins. All flows of all targets take turns within an
  /// interval, those of one target at equal distances: what is due in the same instant would wait
  /// for each other. Depends on nothing but its place; zero in a flood. Where the run ends before
  /// two intervals are over, turns are taken within half of it.
  [[nodiscard]] Duration phase_of(std::size_t target, std::size_t flow) const noexcept;

  /// Each flow begins at its phase after `start`.
  void begin(Instant start, WallTime wall);

  /// A flow's place is its id.
  [[nodiscard]] std::span<const std::unique_ptr<ProbeFlow>> all() const noexcept { return flows_; }

  /// One result a target: of the whole run, or of the period that ends now.
  [[nodiscard]] std::vector<ProbeResult> results(Instant now, bool interrupted,
                                                 const ProberContext& context) const;
  [[nodiscard]] std::vector<ProbeResult> end_period(Instant now,
                                                    const ProberContext& context) const;
  /// Starts a new time of `recent` figures.
  [[nodiscard]] std::vector<ProbeStatus> status(Instant now) const;

 private:
  using Flows = std::span<const std::unique_ptr<ProbeFlow>>;
  [[nodiscard]] Flows flows_of(std::size_t target) const noexcept;
  template <typename FiguresOf>
  [[nodiscard]] std::vector<ProbeResult> collect(bool interrupted, const ProberContext& context,
                                                 const FiguresOf& figures_of) const;

  std::vector<std::unique_ptr<ProbeFlow>> flows_;
  std::vector<std::size_t> first_;  ///< Of each target, and the end.
  ProbeOptions options_;
  Duration turns_within_;
  WallTime started_{};
};

}  // namespace netecho
