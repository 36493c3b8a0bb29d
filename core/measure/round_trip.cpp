#include "core/measure/round_trip.hpp"

#include <cmath>

namespace netecho {

void Rfc3550Jitter::received(Duration rtt) noexcept {
  if (last_) {
    const Duration difference = rtt > *last_ ? rtt - *last_ : *last_ - rtt;
    jitter_ns_ += (static_cast<double>(difference.count()) - jitter_ns_) / 16;
    measured_ = true;
  }
  last_ = rtt;
}

std::optional<Duration> Rfc3550Jitter::value() const noexcept {
  if (!measured_) return std::nullopt;
  return Duration{std::llround(jitter_ns_)};
}

void RoundTripStatistics::sent(Duration lateness, Duration call) noexcept {
  send_lateness.record(lateness);
  send_call.record(call);
}

void RoundTripStatistics::received(Duration round_trip, Duration response_time) noexcept {
  rtt.record(round_trip);
  response.record(response_time);
  jitter.received(round_trip);
}

void RoundTripStatistics::settled(const SettledProbe& probe) noexcept {
  if (!probe.received) {
    loss_runs.lost(probe.sent);
    previous_.reset();
    return;
  }
  loss_runs.received();
  if (previous_ && previous_->sequence.value + 1 == probe.sequence.value) {
    const Duration a = previous_->rtt;
    rtt_variation.record(probe.rtt > a ? probe.rtt - a : a - probe.rtt);
  }
  previous_ = probe;
}

}  // namespace netecho
