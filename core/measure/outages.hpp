#pragma once

/// \file
/// Finds the times when nothing could be answered: runs of unanswered ticks for which there is a
/// reason other than silence.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "core/base/clock.hpp"
#include "core/base/units.hpp"

namespace netecho {

/// An outage lasts from its first tick until a reply, or until now.
struct OutageSpan {
  Instant first{};
  Instant end{};
  WallTime start{};          ///< `first`, as the wall clock showed it.
  std::uint64_t probes = 0;  ///< Ticks that went unanswered.

  /// Returns the part of it behind `from`, without the first `known` probes.
  [[nodiscard]] OutageSpan since(Instant from, std::uint64_t known) const noexcept;
};

/// It is told every tick in order of sequence, except those that the instrument skipped by itself,
/// which neither begin nor end an outage. Probes lost in silence begin none, but belong to one that
/// follows or goes on, as long as no reply comes between.
class Outages {
 public:
  /// More than these are added up in the last one's probes.
  static constexpr std::size_t kMost = 1000;

  /// `clock`, which outlives this, dates them.
  explicit Outages(const Clock& clock) noexcept : clock_{&clock} {}

  /// The probes of so many ticks from `intended` on, each a `gap` after the one before, were not
  /// sent, were lost with their connection, or were refused by the host or the network.
  void unanswered(Instant intended, std::uint64_t slots, Duration gap) noexcept;
  /// Nothing came back of the probe of this tick.
  void lost(Instant intended) noexcept;
  /// A reply came then.
  void answered(Instant at) {
    if (slots_ != 0) end_run(at);
  }

  [[nodiscard]] bool open() const noexcept { return start_.has_value(); }
  /// Returns all so far; one that is open lasts at least until `now` and until its last tick.
  [[nodiscard]] std::vector<OutageSpan> spans(Instant now) const;

 private:
  void extend(Instant first, std::uint64_t slots, Instant last) noexcept;
  void end_run(Instant at);

  const Clock* clock_;
  std::vector<OutageSpan> closed_;
  Instant first_{};                ///< Where the current run of unanswered ticks begins …
  Instant last_{};                 ///< … its last tick …
  std::uint64_t slots_ = 0;        ///< … and how many they are.
  std::optional<WallTime> start_;  ///< The run is an outage.
};

}  // namespace netecho
