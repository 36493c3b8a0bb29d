#pragma once

/// \file
/// Probes before the first that counts: they fill caches, resolve neighbours and wake cores.

#include <cstdint>
#include <span>

#include "core/engine/prober.hpp"

namespace netecho {

enum class WarmUpEnd : std::uint8_t { done, interrupted, deadline };

/// Sends options.warmup probes to each target, one at a time: the next an interval after the last
/// and not before the last was answered or has timed out. They have sessions of their own (drawn
/// from `session_seed`), so that none of their replies is ever taken for one that counts.
[[nodiscard]] WarmUpEnd warm_up(std::span<ProbeTarget> targets, const ProbeOptions& options,
                                const Clock& clock, Waiter& waiter, std::uint64_t session_seed);

}  // namespace netecho
