#include "core/measure/outages.hpp"

#include <algorithm>

#include "core/measure/schedule.hpp"

namespace netecho {

OutageSpan OutageSpan::since(Instant from, std::uint64_t known) const noexcept {
  OutageSpan out = *this;
  out.first = std::clamp(from, first, end);
  out.start += out.first - first;
  out.probes -= std::min(known, probes);
  return out;
}

void Outages::extend(Instant first, std::uint64_t slots, Instant last) noexcept {
  if (slots_ == 0) first_ = first;
  last_ = last;
  slots_ += slots;
}

void Outages::unanswered(Instant intended, std::uint64_t slots, Duration gap) noexcept {
  if (slots == 0) return;
  extend(intended, slots, saturating_add(intended, length_of(slots - 1, gap)));
  if (!start_) start_ = clock_->wall_now() - (clock_->now() - first_);
}

void Outages::lost(Instant intended) noexcept {
  extend(intended, 1, intended);
}

void Outages::end_run(Instant at) {
  if (start_ && closed_.size() == kMost) {
    closed_.back().probes += slots_;
  } else if (start_) {
    closed_.push_back({first_, std::max(at, first_), *start_, slots_});
  }
  start_.reset();
  slots_ = 0;
}

std::vector<OutageSpan> Outages::spans(Instant now) const {
  Outages all = *this;
  all.answered(std::max(now, last_));
  return std::move(all.closed_);
}

}  // namespace netecho
