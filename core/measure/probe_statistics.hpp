#pragma once

/// \file
/// All figures of one flow, accumulated in constant memory while probes come and go; what each
/// means is in docs/metrics.md.

#include <cstdint>
#include <optional>

#include "core/base/units.hpp"
#include "core/codec/frame.hpp"
#include "core/measure/histogram.hpp"
#include "core/measure/sequence_tracker.hpp"

namespace netecho {

enum class LossKind : std::uint8_t { timeout, mismatch, refused, unreachable };

/// What a copy of a reply is, judged by what came before it.
enum class CopyKind : std::uint8_t {
  first,      ///< The reply.
  late,       ///< The first copy of a probe that is lost already.
  duplicate,  ///< A further copy.
  stranger,   ///< Of a sequence that was never sent.
};

struct ProbeCounts {
  std::uint64_t received = 0;
  std::uint64_t skipped = 0;
  std::uint64_t send_error = 0;
  std::uint64_t timeout = 0;
  std::uint64_t mismatch = 0;
  std::uint64_t refused = 0;
  std::uint64_t unreachable = 0;
  std::uint64_t late = 0;
  std::uint64_t duplicate = 0;
  std::uint64_t reordered = 0;

  [[nodiscard]] std::uint64_t lost() const noexcept {
    return timeout + mismatch + refused + unreachable;
  }
};

/// Runs of consecutive losses among the probes that were sent (RFC 3357).
struct LossRunFigures {
  std::uint64_t count = 0;
  std::uint64_t longest = 0;    ///< Probes.
  Duration longest_duration{};  ///< From its first probe to the next one that was answered.
};

struct DirectedLoss {
  std::uint64_t forward = 0;
  std::uint64_t reverse = 0;
};

struct ProbeHistograms {
  Histogram rtt;
  Histogram response;
  Histogram rtt_variation;
  Histogram server_residence;
  Histogram send_lateness;
  Histogram send_call;
};

/// Identity that holds after every call: sent = received + lost + outstanding.
/// Nothing but the constructor allocates.
class ProbeStatistics {
 public:
  /// Remembers `capacity` probes: see SequenceTracker.
  explicit ProbeStatistics(std::uint64_t capacity) : probes_{capacity} {}

  [[nodiscard]] const SequenceTracker& probes() const noexcept { return probes_; }
  [[nodiscard]] const ProbeCounts& counts() const noexcept { return counts_; }
  [[nodiscard]] const ProbeHistograms& histograms() const noexcept { return histograms_; }
  [[nodiscard]] std::uint64_t scheduled() const noexcept { return probes_.next().value; }

  /// The next sequence is not sent.
  void skip() noexcept;
  void fail_send() noexcept;
  /// The next sequence left at `sent` (T1). REQUIRES: probes().has_room().
  void send(Instant intended, Instant sent, Duration send_call) noexcept;

  /// A right copy of the reply to `sequence` came at T4. Times of a first copy become samples.
  /// `stamp`: what the server wrote into it, if it did.
  CopyKind receive(Sequence sequence, Instant at, const std::optional<FrameStamp>& stamp) noexcept;
  /// Gives up on an outstanding probe. REQUIRES: it is outstanding.
  void lose(Sequence sequence, LossKind kind) noexcept;

  /// Every reply was stamped; none before the first.
  [[nodiscard]] std::optional<bool> stamped() const noexcept;
  /// Sent to the server without arriving there, and the other losses up to the highest sequence
  /// that was answered; none if the server's stamps do not tell.
  [[nodiscard]] std::optional<DirectedLoss> directed_loss() const noexcept;
  /// As if what is outstanding now were never answered nor lost; a run that is still going on ends
  /// at `now`.
  [[nodiscard]] LossRunFigures loss_runs(Instant now) const noexcept;
  [[nodiscard]] std::optional<Duration> jitter() const noexcept;
  /// Probes a second between the first and the last that were sent; none for fewer than two.
  [[nodiscard]] std::optional<double> achieved_per_second() const noexcept;

 private:
  void record(Sequence sequence, TrackedProbe& probe, Instant at) noexcept;
  void record_stamp(Sequence sequence, const std::optional<FrameStamp>& stamp) noexcept;
  void record_jitter(Duration rtt) noexcept;
  void visit_settled() noexcept;
  static void close_run(LossRunFigures& figures, std::uint64_t length, Duration lasted) noexcept;

  SequenceTracker probes_;
  ProbeCounts counts_;
  ProbeHistograms histograms_;

  std::optional<Sequence> highest_answered_;
  std::uint64_t sent_up_to_highest_ = 0;

  std::uint64_t stamped_replies_ = 0;
  std::uint64_t greatest_count_ = 0;
  bool counts_tell_ = true;  ///< No stamp so far had a count that cannot be.

  std::optional<Duration> last_rtt_;
  std::optional<double> jitter_;

  LossRunFigures runs_;
  std::uint64_t run_length_ = 0;
  Instant run_start_{};

  Instant first_sent_{};
  Instant last_sent_{};
};

}  // namespace netecho
