#include "core/measure/round_trip.hpp"

#include "core/base/rounding.hpp"

namespace netecho {
namespace {

/// std::pow() would be all that is needed of libm.
double power(double base, std::uint64_t exponent) noexcept {
  double product = 1;
  for (; exponent != 0; exponent >>= 1U, base *= base) {
    if ((exponent & 1U) != 0) product *= base;
  }
  return product;
}

}  // namespace

double Rfc3550Jitter::jitter_ns() const noexcept {
  return jitter_ns_ * power(15.0 / 16, equal_);
}

void Rfc3550Jitter::differed(Duration rtt) noexcept {
  if (last_) {
    const Duration difference = rtt > *last_ ? rtt - *last_ : *last_ - rtt;
    jitter_ns_ = jitter_ns();
    jitter_ns_ += (static_cast<double>(difference.count()) - jitter_ns_) / 16;
    measured_ = true;
  }
  last_ = rtt;
  equal_ = 0;
}

std::optional<Duration> Rfc3550Jitter::value() const noexcept {
  if (!measured_ && equal_ == 0) return std::nullopt;
  return Duration{nearest(jitter_ns())};
}

RoundTripStatistics::RoundTripStatistics(HistogramSpace space)
    : rtt{space},
      response{space},
      rtt_variation{space},
      rtt_kernel{space},
      server_residence{space},
      one_way_forward{space},
      one_way_reverse{space},
      send_lateness{space},
      send_call{space} {}

void RoundTripStatistics::sent(Duration call, std::optional<Duration> lateness) {
  send_call.record(call);
  if (lateness) send_lateness.record(*lateness);
}

void RoundTripStatistics::merge(const RoundTripStatistics& other) {
  rtt.merge(other.rtt);
  response.merge(other.response);
  rtt_variation.merge(other.rtt_variation);
  rtt_kernel.merge(other.rtt_kernel);
  server_residence.merge(other.server_residence);
  one_way_forward.merge(other.one_way_forward);
  one_way_reverse.merge(other.one_way_reverse);
  send_lateness.merge(other.send_lateness);
  send_call.merge(other.send_call);
  discarded += other.discarded;
  unanswered_ += other.unanswered_;
}

void RoundTripStatistics::reset() noexcept {
  for (Histogram* each : {&rtt, &response, &rtt_variation, &rtt_kernel, &server_residence,
                          &one_way_forward, &one_way_reverse, &send_lateness, &send_call}) {
    each->reset();
  }
  discarded = 0;
  unanswered_ = 0;
}

}  // namespace netecho
