#include "core/measure/loss.hpp"

#include <algorithm>

#include "core/measure/schedule.hpp"

namespace netecho {

void LossRunCounter::lost(Instant sent, std::uint64_t slots) noexcept {
  if (slots == 0) return;
  if (length_ == 0) {
    first_ = sent;
    ++count_;
  }
  length_ += slots;
  longest_ = std::max(longest_, length_);
  longest_time_ = std::max(longest_time_, sent - first_ + length_of(slots, interval_));
}

std::optional<LossDirection::Split> LossDirection::split(std::uint64_t received,
                                                         std::uint64_t outstanding) const noexcept {
  if (!highest_ || !counted_) return std::nullopt;
  // Nothing a server claims makes a figure negative.
  const auto minus = [](std::uint64_t a, std::uint64_t b) { return a - std::min(a, b); };
  const std::uint64_t losses = minus(minus(sent_up_to_highest_, received), outstanding);
  const std::uint64_t forward = std::min(minus(sent_up_to_highest_, greatest_count_), losses);
  return Split{forward, losses - forward};
}

}  // namespace netecho
