#pragma once

/// \file
/// Adds up what happens to the probes of a flow: what an answer, a loss or a tick without a probe
/// is in the figures, and who is told of it.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "core/base/units.hpp"
#include "core/codec/frame.hpp"
#include "core/measure/clock_offset.hpp"
#include "core/measure/sequence_tracker.hpp"
#include "core/probe/foreign_bytes.hpp"
#include "core/probe/lost_probe.hpp"
#include "core/probe/prober_context.hpp"
#include "core/probe/prober_figures.hpp"
#include "core/probe/prober_teller.hpp"

namespace netecho {

/// Why a tick has no probe: the instrument's own doing, or for want of a connection.
enum class SkipReason : std::uint8_t { instrument, no_connection };

class Recorder {
 public:
  /// What `context` refers to outlives it.
  Recorder(const ProberContext& context, const FlowIdentity& identity);

  /// The figures begin at `first`, until start() says when the schedule really does.
  void begin(Instant first) noexcept { figures_.begin(first); }
  void start(Instant first) noexcept;
  /// Before each batch that came is recorded.
  void read_clocks() noexcept;

  /// So many probes left in a call of this length.
  void sent(std::uint64_t probes, std::uint64_t bytes, Duration call,
            std::optional<Duration> lateness);
  /// So many ticks from sequence `first` on have no probe; told if it is known when the first was
  /// due, or if nobody else counts them.
  void skipped(Sequence first, std::uint64_t ticks, std::optional<Instant> due, SkipReason reason);
  void send_failed(Sequence sequence, std::optional<Instant> due, int error);
  /// Ticks in their turn that were not sent and count as unanswered in runs and outages.
  void unanswered(Instant due, std::uint64_t ticks) noexcept { figures_.unanswered(due, ticks); }
  /// The status of a probe is final; in order of sequence.
  void settled(const SettledProbe& probe) { figures_.settled(probe); }

  /// So many bytes came, whatever they are. A connection attempt has none.
  void received(std::uint64_t bytes) noexcept {
    if (options_.echoes()) figures_.counts.rx_bytes += bytes;
  }
  /// It is no echo; of interest as long as nothing was one.
  void foreign(std::span<const std::byte> bytes) noexcept {
    if (!stamped_) foreign_.add(bytes);
  }
  /// The beginning of a message came, whose rest never will.
  void cut_off(std::span<const std::byte> bytes) noexcept;

  /// The first answers, in time, to Arrival::probes from this one on, when so many had been sent in
  /// all. `stamp`: the server's, of the first; those of the others differ in their count alone,
  /// which goes up by one each. REQUIRES: one probe if somebody is told.
  void answered(Sequence sequence, const Arrival& arrival, const std::optional<FrameStamp>& stamp,
                std::uint64_t sent_total, const Reply& reply);
  /// The same round trip between the kernel's own stamps; its probe left at `left`, if that is
  /// known.
  void kernel_rtt(const Slot& message, Duration around, std::optional<WallTime> left);
  /// A further station answered, in time, what another one has answered: that is told, and counts
  /// for that station alone.
  void answered_by_another(Sequence sequence, Duration rtt, const Reply& reply);
  void late(Sequence sequence, const Arrival& arrival, const Reply& reply);
  void duplicate(Sequence sequence, const Reply& reply);
  void lost(const LostProbe& probe, const Reason& reason, const Reply& reply);

  /// Whether the server stamps; none as long as there was no answer.
  [[nodiscard]] const std::optional<bool>& stamped() const noexcept { return stamped_; }
  [[nodiscard]] bool answered_once() const noexcept { return stamped_.has_value(); }

  /// Adds what a quick look wants of the run so far.
  void add_to(FlowCounts& totals, Histogram& rtt) const { figures_.add_to(totals, rtt); }
  /// Round trips since somebody reset them, for a running display.
  [[nodiscard]] Histogram& recent() noexcept { return recent_; }
  /// Figures of the run so far, and of the period that ends now. `unfinished`: what has come of the
  /// next message.
  [[nodiscard]] FigureSet whole(Instant now, const SequenceTracker& tracker,
                                std::span<const std::byte> unfinished) const;
  [[nodiscard]] FigureSet end_period(Instant now, const SequenceTracker& tracker) {
    return figures_.end_period(now, tracker);
  }
  /// What came instead of echoes; none once there was one.
  [[nodiscard]] std::optional<PayloadSample> foreign_reply(
      std::span<const std::byte> unfinished) const;

 private:
  void record_one_way(const Slot& message, const FrameStamp& stamp, Instant sent,
                      std::uint64_t probes);
  [[nodiscard]] std::uint64_t& total_of(ReplyStatus status) noexcept;

  const ProbeOptions& options_;
  const Clock& clock_;
  Teller teller_;
  FlowFigures figures_;
  Histogram recent_;
  ClockOffset clock_offset_;
  std::optional<bool> stamped_;
  ForeignBytes foreign_;
};

}  // namespace netecho
