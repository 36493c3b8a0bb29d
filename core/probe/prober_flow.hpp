#pragma once

/// \file
/// One flow of a target, a session of its own: its schedule, what is outstanding, and all that was
/// measured.
///
/// Which probe a reply is charged to:
/// - An intact reply answers the sequence it carries; a frame of another session is left alone.
/// - A damaged reply whose header still names an outstanding probe makes that one a `mismatch`.
///   If the header names one that is final already, it was a further copy, and is left alone.
/// - A damaged reply that names none spoiled one of the probes outstanding at that moment. Which
///   one shows when the others are answered: as soon as as many are left as were spoiled, these are
///   the mismatches; at the latest when one of them times out. So one damaged reply costs one
///   probe; only bytes sent beside the replies cost a probe its answer, which then is `late`.
/// - With a key, only a reply with a valid tag is an answer, and nothing else ends a probe: anybody
///   could send it. A probe that times out is a `mismatch` if something claimed to answer it.
/// - An error with a quoted probe makes that one `refused` or `unreachable`; an error that quotes
///   too little is charged to the oldest one outstanding.
/// - When the connection is gone, what is outstanding is lost at once, as `timeout`: no answer can
///   come any more. (`refused` and `unreachable` are what a network says of a single probe.) Slots
///   that are due while it is made again are skipped.
///
/// How long a connection is kept:
/// - A datagram socket is made again when a send fails in a way that a new one could mend (this
///   host's address or interface changed, the peer's socket is another one), and after a minute
///   without a reply (its name may stand for another address now). Until the new one stands the old
///   one is used, unless both would need the same port.
/// - A stream or record connection that drops ends its flow; the slots that it never had are
///   accounted for when the run ends. With Reconnect::yes it is made again instead, and so is one
///   that has been silent for a time-out.

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "core/base/error.hpp"
#include "core/measure/clock_offset.hpp"
#include "core/measure/schedule.hpp"
#include "core/probe/probe_format.hpp"
#include "core/probe/prober.hpp"
#include "core/probe/prober_buffers.hpp"
#include "core/probe/prober_figures.hpp"
#include "core/probe/prober_warmup.hpp"
#include "core/probe/station_table.hpp"

namespace netecho {

/// What all flows of a run share.
struct ProberContext {
  const ProbeOptions& options;
  const Clock& clock;
  Waiter& waiter;
  ProbeObserver& observer;
  ProberBuffers& buffers;
  bool tells_outcomes;  ///< The observer wants them.
  Duration clock_read;
};

/// Which flow of which target, what is random about it, and whether it is one of many.
struct FlowIdentity {
  std::uint32_t id = 0;  ///< Among all flows of the run.
  std::size_t target = 0;
  std::uint32_t flow = 0;
  std::uint64_t session = 0;
  std::uint64_t warm_up_session = 0;
  HistogramSpace space = HistogramSpace::at_once;  ///< Its distributions take it.
};

/// Why a probe was not sent or not answered, as far as anybody said.
struct Reason {
  int error = 0;
  const IcmpError* icmp = nullptr;
};

class ProbeFlow {
 public:
  /// Watches the connection's port under its id until it is gone or the flow is. Without a port the
  /// connection is made by the target's `reopen`. `target` outlives the flow. Throws SysError if
  /// kernel stamps are asked for and can't be had.
  ProbeFlow(const ProbeTarget& target, ProbeConnection connection, const ProberContext& context,
            const FlowIdentity& identity);
  ~ProbeFlow();
  ProbeFlow(const ProbeFlow&) = delete;
  ProbeFlow& operator=(const ProbeFlow&) = delete;

  /// The first slot is due `phase` after `start` or, if the connection is not warmed up by then,
  /// after the moment when it is. Once, before anything else.
  void begin(Instant start, Duration phase);
  /// Whether its first connection is still being made, before the schedule.
  [[nodiscard]] bool connecting() const noexcept { return reopen_at_ && !begun_ && !ended_; }
  /// Its target has gone: nothing more is sent. Its port is kept until nothing is outstanding.
  void retire(Instant now);
  /// The run has ended. A flow that ended before its schedule skips the slots that it never had:
  /// all of them, or if the schedule has no end (or was cut short), those due before `until`.
  void account_for_missing(Instant until);
  /// The run has ended, by its deadline if `why` says so: a flow that never began, or never had a
  /// reply for want of a connection, has failed.
  void tell_failure(const char* why);

  /// Nothing more is to be sent, and nothing is outstanding. Replies are still taken (late ones,
  /// duplicates) as long as the run goes on for others.
  [[nodiscard]] bool finished() const noexcept { return finished_at_.has_value(); }
  /// When on_time() has something to do; kNever when finished.
  [[nodiscard]] Instant next_event() const noexcept { return std::min(next_send(), next_chore()); }
  /// When there is something to send: exactly then.
  [[nodiscard]] Instant next_send() const noexcept;
  /// When there is anything else to do.
  [[nodiscard]] Instant next_chore() const noexcept;

  /// Takes what the port has: one batch, so that a flood of replies cannot hold up the schedule.
  void on_ready();
  /// Gives up on what has timed out, and sends what is due.
  void on_time(Instant now);

  /// Adds what a quick look wants of the run so far.
  void glance(ProbeCounts& totals, Histogram& rtt) const { figures_.add_to(totals, rtt); }
  /// Of the run so far, and of the period that ends now.
  [[nodiscard]] FigureSet whole(Instant now) const;
  [[nodiscard]] FigureSet end_period(Instant now);
  /// All of a summary that is not a figure of a FigureSet.
  [[nodiscard]] Summary description(bool interrupted) const;
  /// Round trips since the last call, for a running display.
  [[nodiscard]] Histogram& recent() noexcept { return recent_; }

 private:
  /// What an outcome tells beyond sequence and status.
  struct Detail {
    std::optional<Instant> sent{};
    Duration lateness{};
    std::optional<Duration> rtt{};
    std::optional<Duration> response{};
    std::optional<Duration> residence{};
    const Slot* reply = nullptr;
    Reason reason{};
    const SocketDescription* station = nullptr;  ///< Where one of many answered, which.
  };

  // prober_flow.cpp: the connection, and what has become final.
  void install(ProbeConnection connection);
  void start_warm_up();
  void end_warm_up(Instant now);
  void start_schedule(Instant start);
  /// What is to be done once the connection stands, warmed up: the schedule starts.
  void connected_at(Instant now);
  void expire(Instant now);
  void end_silence(Instant now);
  /// The connection is gone: it is made again, or nothing more is sent.
  void drop(const char* reason, int error_number);
  void end(const Error& error);
  void lose_outstanding();
  /// What the flow's summary calls its error; null for none.
  [[nodiscard]] const ErrorEvent* failure() const noexcept {
    // Failed attempts to connect are not what a run comes to that got replies afterwards.
    return error_ && (ended_ || !stamped_) ? &*error_ : nullptr;
  }
  void reopen(Instant now);
  /// At once after a connection that brought something; else after a pause that grows.
  void reopen_later();
  void stop_watching();
  /// After the port was used: the waiter is told if it waits for something else now.
  void tell_waiter();
  /// Closes the port of a flow that is retired and done.
  void release();
  /// Keeps the beginning of what is no echo, as long as nothing was one.
  void note_foreign(std::span<const std::byte> bytes) noexcept;
  /// What the port holds of a message that is not whole; nothing once there was a reply.
  [[nodiscard]] std::span<const std::byte> unfinished() const noexcept;
  [[nodiscard]] std::optional<PayloadSample> foreign_reply() const;
  void settle(Instant now);
  /// Tells the figures what has become final.
  void settle_figures();
  [[nodiscard]] bool connected() const noexcept { return watched_; }
  /// Whether the slot at hand waits for the first connection, as long as it may be sent late.
  [[nodiscard]] bool awaits_first() const noexcept { return !stood_ && !connected() && !ended_; }
  [[nodiscard]] bool reconnects() const noexcept {
    return target_.reopen && (is_datagram() || context_.options.reconnect == Reconnect::yes);
  }
  [[nodiscard]] bool is_datagram() const noexcept {
    return target_.target.socket_type == SocketType::datagram;
  }
  /// Zero for a flood, which has none.
  [[nodiscard]] Duration mean_gap() const noexcept {
    return floods() ? Duration::zero() : context_.options.interval;
  }
  [[nodiscard]] bool floods() const noexcept {
    return context_.options.schedule == ScheduleKind::flood;
  }
  /// Whether trains may come, once the port was asked: in a flood, whose probes leave together
  /// anyway.
  [[nodiscard]] bool accept_trains() noexcept {
    return floods() && features_.trains != nullptr && features_.trains->accept_trains();
  }
  [[nodiscard]] bool echoes() const noexcept { return context_.options.mode == ProbeMode::echo; }
  [[nodiscard]] bool all_sent() const noexcept {
    return ended_ || retired_ || (begun_ && (floods() ? flood_over_ : schedule_.finished()));
  }

  // prober_sending.cpp: what is due.
  void send_due(Instant now);
  void flood(Instant now);
  /// False when the socket is full. Moves `now` behind the call.
  [[nodiscard]] bool send_one(Instant& now);
  /// Encodes the next probes and sends them in one go; moves `now` behind the call.
  [[nodiscard]] BatchResult send_batch(std::size_t probes, Instant& now);
  /// The same as one train.
  [[nodiscard]] BatchResult send_train(std::size_t probes, Instant& now);
  [[nodiscard]] BatchResult send_outgoing(std::size_t slots, Instant& now);
  /// Why a slot was not sent: the instrument's own doing, or for want of a connection.
  enum class SkipReason : std::uint8_t { instrument, no_connection };
  void skip(std::uint64_t slots, std::optional<Instant> intended, SkipReason reason);
  void leave_unanswered(std::uint64_t slots, Instant due);
  void fail_send(const BatchResult& result, std::optional<Instant> intended);

  // prober_replies.cpp: what arrives.
  void take_ready();
  /// Takes what came in one call. False: there is no more.
  bool receive();
  void take(const Slot& slot);
  void take_message(const Slot& slot, const Reading& reading);
  void take_error(const Slot& slot);
  void take_intact(const Slot& slot, const Reading& reading);
  /// An answer where a probe asks many.
  void take_station(const Slot& slot, const Reading& reading);
  /// Until when further stations may answer the last probe; none where one peer is asked.
  [[nodiscard]] std::optional<Instant> others_until() const noexcept;
  /// One more station has answered a probe that another one has answered.
  void record_station(const Slot& slot, Sequence sequence, StationTable::Station& station);
  void take_damaged(const Slot& slot, const Reading& reading);
  void record_reply(const Slot& slot, const Reading& reading, const Arrival& arrival,
                    const SocketDescription* station = nullptr);
  void record_late(const Slot& slot, Sequence sequence, const Arrival& arrival,
                   const SocketDescription* station = nullptr);
  void record_kernel_rtt(const Slot& slot, const Arrival& arrival, Instant sent);
  void record_one_way(const Slot& slot, const FrameStamp& stamp, Instant sent);
  void lose(Sequence sequence, ReplyStatus status, const Slot* reply = nullptr);
  void lose(Sequence sequence, const Reason& reason);
  void count_loss(Sequence sequence, ReplyStatus status, const Slot* reply = nullptr,
                  const Reason& reason = {});
  void charge_spoiled(const Slot* reply);
  /// `sequence` is no longer outstanding.
  void forget_candidate(Sequence sequence) noexcept;
  [[nodiscard]] Sequence expected() const noexcept;
  [[nodiscard]] std::uint64_t& total_of(ReplyStatus status) noexcept;
  void tell(Sequence sequence, ReplyStatus status, const Detail& detail) const;

  const ProbeTarget& target_;
  ProbeConnection connection_;
  Features features_;  ///< Of its port, as long as there is one.
  ProberContext context_;
  FlowIdentity identity_;
  Instant start_{};
  std::unique_ptr<ProbeFormat> format_;
  std::optional<StationTable> stations_;  ///< Those that answered; none where one peer is asked.
  std::size_t taking_ = 0;                ///< The slot of incoming_ at hand.
  Schedule schedule_;
  SequenceTracker tracker_;
  FlowFigures figures_;
  Histogram recent_;
  ClockOffset clock_offset_;
  bool trains_ = false;  ///< They may come, and leave when the port takes them.
  bool watched_ = false;
  bool wants_write_ = false;  ///< The port, when the waiter was told last.
  bool begun_ = false;        ///< The schedule runs.
  bool stood_ = false;        ///< There was a connection.
  bool untouched_ = true;     ///< The schedule: no tick of it was sent or skipped.
  bool ended_ = false;        ///< Nothing more is scheduled.
  bool retired_ = false;      ///< The same, because nobody wants more.
  bool warmed_up_ = false;
  bool flood_over_ = false;  ///< As many as were asked for are sent, or time is up.
  Batch& outgoing_;          ///< The run's: nothing of this flow is in them beyond its turn.
  Batch& incoming_;

  std::uint64_t flooded_ = 0;        ///< Probes of a flood so far, sent or failed.
  std::optional<Instant> retry_at_;  ///< The socket was full: when it is tried again.
  std::optional<Instant> finished_at_;
  std::optional<bool> stamped_;
  std::optional<ErrorEvent> error_;
  Sequence last_sent_;
  std::uint64_t sent_before_port_ = 0;  ///< Probes sent over earlier ports.
  std::uint64_t warm_ups_sent_ = 0;     ///< Over this one.

  Instant first_slot_ = kNever;  ///< When the first slot is due at the earliest.
  Duration phase_{};             ///< Of its slots, among those of all flows.
  std::unique_ptr<WarmUp> warm_up_;
  std::optional<Instant> reopen_at_;  ///< When to look after a new connection.
  std::unique_ptr<Reopening> reopening_;
  Instant reopening_since_{};
  Duration back_off_{};
  std::optional<Instant> unheard_since_;  ///< When the first probe left that had no reply so far.

  std::array<char, 32> foreign_{};   ///< The beginning of what is no echo; see note_foreign().
  std::uint64_t foreign_bytes_ = 0;  ///< All of it.

  std::size_t spoiled_ = 0;     ///< Damaged replies that no probe was charged with yet.
  Sequence spoiled_before_;     ///< They belong to probes before this one …
  std::size_t candidates_ = 0;  ///< … of which so many are outstanding.
};

}  // namespace netecho
