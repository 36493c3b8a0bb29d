#pragma once

/// \file
/// Where a run has its targets from: a list, or something that changes while the run goes on.

#include <cstddef>
#include <utility>
#include <vector>

#include "core/probe/prober.hpp"

namespace netecho {

/// What a source changes. The numbers of targets count up from 0 in the order in which they come,
/// and none is used twice: it is their place in the results.
class TargetSet {
 public:
  /// Returns its number. All that come in one poll take turns within an interval.
  std::size_t add(ProbeTarget target) {
    came_.push_back(std::move(target));
    return next_++;
  }
  /// Nothing more is sent to it; what is outstanding is awaited, and its result stays. REQUIRES: it
  /// was added.
  void remove(std::size_t target) { gone_.push_back(target); }

  /// For the run: what was added and removed since it asked last.
  [[nodiscard]] std::vector<ProbeTarget> take_came() {
    return std::exchange(came_, std::vector<ProbeTarget>{});
  }
  [[nodiscard]] std::vector<std::size_t> take_gone() {
    return std::exchange(gone_, std::vector<std::size_t>{});
  }

 private:
  std::vector<ProbeTarget> came_;
  std::vector<std::size_t> gone_;
  std::size_t next_ = 0;
};

class TargetSource {
 public:
  virtual ~TargetSource() = default;
  /// Adds what has come and removes what has gone. Called before the run begins, so that what there
  /// is begins together, and then whenever the time has come that it returned last; kNever: all
  /// that will ever come is there, and the run ends with its last probe. Must not wait. Throws what
  /// is to end the run.
  [[nodiscard]] virtual Instant poll(TargetSet& targets, Instant now) = 0;
};

/// Those of a command line: all there from the beginning.
class FixedTargets final : public TargetSource {
 public:
  explicit FixedTargets(std::vector<ProbeTarget> targets) : targets_{std::move(targets)} {}

  [[nodiscard]] Instant poll(TargetSet& targets, Instant /*now*/) override {
    for (ProbeTarget& target : targets_) targets.add(std::move(target));
    targets_.clear();
    return kNever;
  }

 private:
  std::vector<ProbeTarget> targets_;
};

}  // namespace netecho
