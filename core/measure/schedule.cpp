#include "core/measure/schedule.hpp"

#include <algorithm>

namespace netecho {

Schedule::Schedule(Instant start, const ScheduleOptions& options) noexcept
    : options_{options},
      due_{start},
      end_{saturating_add(start, options.length)},
      random_{options.seed} {}

namespace {

/// Draws an exponentially distributed value with mean 1 by comparisons alone (von Neumann 1951):
/// runs of falling uniform values have the lengths of the series of e^-x.
double exponential(SplitMix64& random) noexcept {
  for (std::uint64_t whole = 0;; ++whole) {
    const double first = random.next_unit();
    double last = first;
    double next = random.next_unit();
    bool odd = true;
    while (next < last) {
      last = next;
      next = random.next_unit();
      odd = !odd;
    }
    if (odd) return static_cast<double>(whole) + first;
  }
}

}  // namespace

Duration Schedule::next_gap() noexcept {
  if (options_.gaps == Gaps::equal) return options_.interval;
  const double gap_ns = exponential(random_) * static_cast<double>(options_.interval.count());
  constexpr double kLongest = 4e18;
  return Duration{static_cast<std::int64_t>(std::min(gap_ns, kLongest))};
}

void Schedule::advance() noexcept {
  ++position_;
  due_ = saturating_add(due_, next_gap());  // Ticks behind the end of time are never due.
}

std::uint64_t Schedule::skip_missed(Instant now) noexcept {
  if (options_.gaps == Gaps::equal) return skip_equal(now);
  std::uint64_t missed = 0;
  for (; expires() <= now; ++missed) advance();
  return missed;
}

std::uint64_t Schedule::skip_before(Instant end) noexcept {
  end = std::min(end, end_);
  std::uint64_t skipped = 0;
  if (options_.gaps == Gaps::exponential && end != kNever) {
    for (; due() < end; ++skipped) advance();
    return skipped;
  }
  if (due() >= end) return 0;
  // Only a count can end a schedule whose time has no end.
  skipped = UINT64_MAX;
  if (end != kNever) {
    skipped = static_cast<std::uint64_t>((end - due_ - Duration{1}) / options_.interval) + 1;
  }
  if (options_.count != 0) skipped = std::min(skipped, options_.count - position_);
  position_ += skipped;
  const auto intervals = static_cast<std::int64_t>(skipped);
  due_ = intervals > kNever.time_since_epoch() / options_.interval
             ? kNever
             : saturating_add(due_, options_.interval * intervals);
  return skipped;
}

/// It takes one step, as a suspended machine may have missed billions.
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
