#include "core/measure/schedule.hpp"

#include <algorithm>

namespace netecho {

std::uint64_t PeriodicSchedule::skip_missed(Instant now) noexcept {
  if (finished() || now <= due_) return 0;
  auto missed = static_cast<std::uint64_t>(((now - due_) - Duration{1}) / interval_);
  if (count_ != 0) missed = std::min(missed, count_ - position_);
  advance(missed);
  return missed;
}

void PeriodicSchedule::advance(std::uint64_t slots) noexcept {
  position_ += slots;
  // Slots behind the end of time are never due.
  std::int64_t by_ns = 0;
  if (__builtin_mul_overflow(interval_.count(), slots, &by_ns)) by_ns = Duration::max().count();
  due_ = saturating_add(due_, Duration{by_ns});
}

}  // namespace netecho
