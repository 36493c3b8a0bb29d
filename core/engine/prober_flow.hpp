#pragma once

/// \file
/// One target's session: its schedule, what is outstanding, and all that was measured.
///
/// Which probe a reply is charged to:
/// - An intact reply answers the sequence it carries; a frame of another session is left alone.
/// - A damaged reply whose header still names an outstanding probe makes that one a `mismatch`.
///   If the header names one that is final already, it was a further copy, and is left alone.
/// - A damaged reply that names none spoiled one of the probes outstanding at that moment. Which
///   one shows when the others are answered: as soon as as many are left as were spoiled, these are
///   the mismatches; at the latest when one of them times out. So one damaged reply costs one
///   probe; only bytes sent beside the replies cost a probe its answer, which then is `late`.
/// - An error with a quoted probe makes that one `refused` or `unreachable`; an error that quotes
///   too little is charged to the oldest one outstanding.
/// - When the connection is gone, what is outstanding is lost at once, as `timeout`: no answer can
///   come any more. (`refused` and `unreachable` are what a network says of a single probe.)

#include <optional>

#include "core/base/error.hpp"
#include "core/engine/prober_content.hpp"
#include "core/engine/prober_summary.hpp"
#include "core/measure/schedule.hpp"

namespace netecho {

/// What all flows of a run share.
struct ProberContext {
  const ProbeOptions& options;
  const Clock& clock;
  Waiter& waiter;
  EventSink* replies;  ///< May be null.
  Duration clock_read;
};

class ProbeFlow {
 public:
  /// Watches the target's port as `id` until it is gone or the flow is.
  ProbeFlow(ProbeTarget target, const ProberContext& context, std::uint32_t id,
            std::uint64_t session);
  ~ProbeFlow();
  ProbeFlow(const ProbeFlow&) = delete;
  ProbeFlow& operator=(const ProbeFlow&) = delete;

  /// The first slot is due at `start`. Once, before anything else.
  void begin(Instant start) noexcept;

  /// Nothing more is to be sent, and nothing is outstanding. Replies are still taken (late ones,
  /// duplicates) as long as the run goes on for others.
  [[nodiscard]] bool finished() const noexcept { return finished_at_.has_value(); }
  /// When on_time() has something to do; kNever when finished.
  [[nodiscard]] Instant next_event() const noexcept;

  /// Takes what the port has: one batch, so that a flood of replies cannot hold up the schedule.
  void on_ready();
  /// Gives up on what has timed out, and sends what is due.
  void on_time(Instant now);

  /// The figures so far.
  [[nodiscard]] Summary summary(Instant now, bool interrupted) const;

 private:
  /// What a reply event tells beyond sequence and status.
  struct Detail {
    std::optional<Duration> rtt{};
    std::optional<Duration> response{};
    std::optional<Duration> residence{};
    const Slot* reply = nullptr;
  };

  void expire(Instant now);
  void send_due(Instant now);
  /// False when the socket is full. Moves `now` behind the call.
  [[nodiscard]] bool send_one(Instant& now);
  void skip(std::uint64_t slots);
  void fail_send(const BatchResult& result);

  void take_message(const Slot& slot);
  void take_error(const Slot& slot);
  void take_intact(const Slot& slot, const Reading& reading);
  void take_damaged(const Slot& slot, const Reading& reading);
  void record_reply(const Slot& slot, const Reading& reading, const Arrival& arrival);
  void lose(Sequence sequence, ReplyStatus status, const Slot* reply = nullptr);
  void count_loss(Sequence sequence, ReplyStatus status, const Slot* reply = nullptr);
  void charge_spoiled(const Slot* reply);
  /// `sequence` is no longer outstanding.
  void forget_candidate(Sequence sequence) noexcept;

  /// The connection is gone: nothing more is sent, and nothing can be answered.
  void end(const Error& error);
  void end(const char* reason, int error_number);
  void renew_port();
  void stop_watching();
  void settle(Instant now);
  [[nodiscard]] Sequence expected() const noexcept;
  [[nodiscard]] std::uint64_t& total_of(ReplyStatus status) noexcept;
  void report(Sequence sequence, ReplyStatus status, const Detail& detail) const;

  ProbeTarget target_;
  ProberContext context_;
  std::uint32_t id_;
  Instant start_{};
  ProbeContent content_;
  PeriodicSchedule schedule_;
  SequenceTracker tracker_;
  RoundTripStatistics statistics_;
  ProbeCounts counts_;
  Batch outgoing_;
  Batch incoming_;

  bool watched_ = true;
  bool ended_ = false;               ///< The connection is gone: nothing more is scheduled.
  std::optional<Instant> retry_at_;  ///< The socket was full: when the slot at hand is tried again.
  std::optional<Instant> finished_at_;
  std::optional<bool> stamped_;
  std::optional<ErrorEvent> error_;
  Sequence last_sent_;
  std::size_t spoiled_ = 0;     ///< Damaged replies that no probe was charged with yet.
  Sequence spoiled_before_;     ///< They belong to probes before this one …
  std::size_t candidates_ = 0;  ///< … of which so many are outstanding.
};

}  // namespace netecho
