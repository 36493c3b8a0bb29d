#include "core/measure/schedule.hpp"

#include <algorithm>
#include <cmath>

namespace netecho {

Schedule::Schedule(Instant start, const ScheduleOptions& options) noexcept
    : options_{options},
      due_{start},
      end_{saturating_add(start, options.length)},
      random_{options.seed} {}

Duration Schedule::next_gap() noexcept {
  if (options_.gaps == Gaps::equal) return options_.interval;
  // The inverse of the distribution; 1 - u is never 0.
  const double mean_ns = static_cast<double>(options_.interval.count());
  const double gap_ns = -std::log(1.0 - random_.next_unit()) * mean_ns;
  constexpr double kLongest = static_cast<double>(INT64_MAX / 2);
  return Duration{static_cast<std::int64_t>(std::min(gap_ns, kLongest))};
}

void Schedule::advance() noexcept {
  ++position_;
  due_ = saturating_add(due_, next_gap());  // Slots behind the end of time are never due.
}

std::uint64_t Schedule::skip_missed(Instant now) noexcept {
  if (options_.gaps == Gaps::equal) return skip_equal(now);
  std::uint64_t missed = 0;
  for (; expires() <= now; ++missed) advance();
  return missed;
}

/// In one step: a suspended machine may have missed billions.
std::uint64_t Schedule::skip_equal(Instant now) noexcept {
  if (finished() || now <= due_) return 0;
  auto missed = static_cast<std::uint64_t>(((now - due_) - Duration{1}) / options_.interval);
  if (options_.count != 0) missed = std::min(missed, options_.count - position_);
  const Duration left = end_ - due_ - Duration{1};
  missed = std::min(missed, static_cast<std::uint64_t>(left / options_.interval) + 1);
  position_ += missed;
  due_ = saturating_add(due_, options_.interval * static_cast<std::int64_t>(missed));
  return missed;
}

}  // namespace netecho
