#include "core/facts/hop_limits.hpp"

#include <algorithm>

namespace netecho {

void HopLimits::add(const HopLimits& other) noexcept {
  if (other.min != 0) min = min == 0 ? other.min : std::min(min, other.min);
  max = std::max(max, other.max);
  changes_total += other.changes_total;
}

std::optional<PathFigures> path_figures(const HopLimits& limits) noexcept {
  if (limits.min == 0) return std::nullopt;
  return PathFigures{.reply_hop_limit = limits};
}

}  // namespace netecho
