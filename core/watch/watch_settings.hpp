#pragma once

/// \file
/// What all targets of `watch` have in common, and what each of them is probed with.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/facts/watch_target.hpp"
#include "core/probe/prober.hpp"

namespace netecho {

struct WatchSettings {
  /// What holds where a target says nothing else. Its size is that of the largest probe once the
  /// run begins.
  ProbeOptions probe{};
  std::uint32_t flows = 1;
  ResolveChoice resolve = ResolveChoice::one;
  Duration resolve_interval = std::chrono::seconds{60};
  Duration min_interval = std::chrono::milliseconds{10};
  std::optional<double> max_rate{};   ///< Probes a second of all targets together; none: no limit.
  std::optional<std::size_t> pick{};  ///< Probe so many of the targets; none: all.
  std::string host{};                 ///< The name by which they are picked.
  std::vector<Duration> bounds{};     ///< The histograms' buckets end here; they increase.
};

/// Returns what a target is probed with.
[[nodiscard]] ProbeOptions probe_options(const WatchTarget& target, const WatchSettings& settings);
[[nodiscard]] std::uint32_t flows_of(const WatchTarget& target,
                                     const WatchSettings& settings) noexcept;
/// Returns how many probes a second a target takes, of all its flows to one address.
[[nodiscard]] double rate_of(const WatchTarget& target, const WatchSettings& settings) noexcept;

/// Throws a usage Error whose subject is `list` if an interval is too short, with its line, or if
/// all targets together take too many probes a second.
void check_rates(const std::vector<WatchTarget>& targets, const WatchSettings& settings,
                 const std::string& list);

/// Returns those of the targets that a host of this name probes, in their order: `count` of them,
/// by rendezvous hashing. Each host of a mesh picks others, every host's choice stays the same as
/// long as the list does, and a target that comes or goes changes no other choice than the one it
/// displaces or leaves.
[[nodiscard]] std::vector<WatchTarget> picked(std::vector<WatchTarget> targets, std::size_t count,
                                              const std::string& host);

/// Returns "line 7: ", or nothing for a target that stands in no file.
[[nodiscard]] std::string line_of(const WatchTarget& target);

}  // namespace netecho
