#pragma once

/// \file
/// Computes the figures of round trips (docs/metrics.md) probe by probe in constant memory.

#include <cstdint>
#include <optional>

#include "core/base/units.hpp"
#include "core/measure/histogram.hpp"
#include "core/measure/loss.hpp"
#include "core/measure/sequence_tracker.hpp"

namespace netecho {

/// Computes J += (|D| - J) / 16 over round trips, in order of arrival (RFC 3550 section 6.4.1).
class Rfc3550Jitter {
 public:
  /// So many arrivals in a row had this round trip.
  void received(Duration rtt, std::uint64_t times = 1) noexcept {
    if (last_ != rtt) {
      differed(rtt);
      --times;
    }
    equal_ += times;  // Each takes a sixteenth of the jitter away: it is computed for all at once.
  }
  /// Returns the jitter rounded to the nearest nanosecond; none before two arrivals.
  [[nodiscard]] std::optional<Duration> value() const noexcept;

 private:
  void differed(Duration rtt) noexcept;
  [[nodiscard]] double jitter_ns() const noexcept;

  std::optional<Duration> last_;
  std::uint64_t equal_ = 0;  ///< Arrivals since then that had the last round trip, too.
  double jitter_ns_ = 0;     ///< Before those.
  bool measured_ = false;
};

/// Distributions of one flow in some time, or of several merged. All of them in constant memory.
/// What records throws std::bad_alloc where their space is taken as needed, and nowhere else.
class RoundTripStatistics {
 public:
  explicit RoundTripStatistics(HistogramSpace space = HistogramSpace::at_once);

  /// What the instrument itself cost: the time of the send call, and T1 - intended (none where no
  /// time was intended).
  void sent(Duration call, std::optional<Duration> lateness);
  /// A probe without an answer in time, or a slot that was not sent: its response is +infinity.
  void unanswered(std::uint64_t probes) noexcept { unanswered_ += probes; }

  [[nodiscard]] std::uint64_t unanswered() const noexcept { return unanswered_; }

  /// Adds all that happened to `other`.
  void merge(const RoundTripStatistics& other);
  void reset() noexcept;

  Histogram rtt;
  Histogram response;          ///< Answered probes only; unanswered() count as +infinity.
  Histogram rtt_variation;     ///< |RTT(n + 1) - RTT(n)|, both received (after RFC 3393).
  Histogram rtt_kernel;        ///< Between the kernel's own stamps.
  Histogram server_residence;  ///< Recorded by whoever decodes the stamps, as the next two.
  Histogram one_way_forward;
  Histogram one_way_reverse;
  Histogram send_lateness;
  Histogram send_call;
  std::uint64_t discarded = 0;  ///< Samples that are not to be trusted (docs/metrics.md).

 private:
  std::uint64_t unanswered_ = 0;
};

/// Holds what depends on order, and so on one flow's whole run: jitter, variation, runs and
/// direction of losses.
class RoundTripOrder {
 public:
  explicit RoundTripOrder(Duration interval) noexcept : loss_runs{interval} {}

  /// Is told, in order of sequence, of each probe whose status is final; of several that were
  /// received together once. Returns how much the round trip of the first differs from that of the
  /// probe before; none unless both came back.
  [[nodiscard]] std::optional<Duration> settled(const SettledProbe& probe) noexcept {
    if (!probe.received) {
      loss_runs.lost(probe.sent);
      previous_.reset();
      return std::nullopt;
    }
    loss_runs.received();
    const std::optional<Answered> before = previous_;
    previous_ = {probe.sequence.value + probe.probes - 1, probe.rtt};
    if (!before || before->sequence + 1 != probe.sequence.value) return std::nullopt;
    return probe.rtt > before->rtt ? probe.rtt - before->rtt : before->rtt - probe.rtt;
  }

  Rfc3550Jitter jitter;
  LossRunCounter loss_runs;
  LossDirection loss_direction;

 private:
  struct Answered {
    std::uint64_t sequence = 0;
    Duration rtt{};
  };
  std::optional<Answered> previous_;  ///< The last one settled, if it was received.
};

}  // namespace netecho
