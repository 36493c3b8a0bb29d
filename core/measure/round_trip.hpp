#pragma once

/// \file
/// The figures of round trips (docs/metrics.md), fed probe by probe; constant memory.

#include <cstdint>
#include <optional>

#include "core/base/units.hpp"
#include "core/measure/histogram.hpp"
#include "core/measure/loss.hpp"
#include "core/measure/sequence_tracker.hpp"

namespace netecho {

/// J += (|D| - J) / 16 over round trips, in order of arrival (RFC 3550 section 6.4.1).
class Rfc3550Jitter {
 public:
  void received(Duration rtt) noexcept;
  /// Rounded to the nearest nanosecond; none before two arrivals.
  [[nodiscard]] std::optional<Duration> value() const noexcept;

 private:
  std::optional<Duration> last_;
  double jitter_ns_ = 0;
  bool measured_ = false;
};

class RoundTripStatistics {
 public:
  explicit RoundTripStatistics(Duration interval) noexcept : loss_runs{interval} {}

  /// What the instrument itself cost: T1 - intended, and the time of the send call.
  void sent(Duration lateness, Duration call) noexcept;
  /// A first copy, in time; in order of arrival.
  void received(Duration round_trip, Duration response_time) noexcept;
  /// A probe without an answer in time, or a slot that was not sent: its response is +infinity.
  void unanswered(std::uint64_t probes) noexcept { unanswered_ += probes; }
  /// A probe whose status is final; in order of sequence.
  void settled(const SettledProbe& probe) noexcept;

  [[nodiscard]] std::uint64_t unanswered() const noexcept { return unanswered_; }

  Histogram rtt;
  Histogram response;          ///< Of those answered; unanswered() belong to it as +infinity.
  Histogram rtt_variation;     ///< |RTT(n + 1) - RTT(n)|, both received (after RFC 3393).
  Histogram server_residence;  ///< Recorded by whoever decodes the stamps.
  Histogram send_lateness;
  Histogram send_call;
  Rfc3550Jitter jitter;
  LossRunCounter loss_runs;
  LossDirection loss_direction;

 private:
  std::uint64_t unanswered_ = 0;
  std::optional<SettledProbe> previous_;  ///< The last one settled, if it was received.
};

}  // namespace netecho
