#pragma once

/// \file
/// One flow of a target, a session of its own. It conducts parts that do not know each other: a
/// Pacer says when something is due, a Link has the connection, a Matcher knows which probe a reply
/// or an error is charged to, and a Recorder adds up what comes of it.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

#include "core/base/error.hpp"
#include "core/probe/probe_format.hpp"
#include "core/probe/prober.hpp"
#include "core/probe/prober_buffers.hpp"
#include "core/probe/prober_context.hpp"
#include "core/probe/prober_link.hpp"
#include "core/probe/prober_matcher.hpp"
#include "core/probe/prober_pacer.hpp"
#include "core/probe/prober_recorder.hpp"
#include "core/probe/prober_warmup.hpp"
#include "core/probe/station_table.hpp"

namespace netecho {

class ProbeFlow {
 public:
  /// Watches the connection's port under its id until it is gone or the flow is. Without a port the
  /// connection is made by the target's `reopen`. `target` outlives the flow. Throws SysError if
  /// kernel stamps are asked for and can't be had.
  ProbeFlow(const ProbeTarget& target, ProbeConnection connection, const ProberContext& context,
            const FlowIdentity& identity);
  ProbeFlow(const ProbeFlow&) = delete;
  ProbeFlow& operator=(const ProbeFlow&) = delete;

  /// The first tick is due `phase` after `start` or, if the connection is not warmed up by then,
  /// after the moment when it is. Once, before anything else.
  void begin(Instant start, Duration phase);
  /// Whether its first connection is still being made, before the schedule.
  [[nodiscard]] bool connecting() const noexcept {
    return link_.being_made() && !pacer_.begun() && !ended_;
  }
  /// Its target has gone: nothing more is sent. Its port is kept until nothing is outstanding.
  void retire(Instant now);
  /// The run has ended. A flow that ended before its schedule skips the ticks that it never had:
  /// all of them, or if the schedule has no end (or was cut short), those due before `until`.
  void account_for_missing(Instant until);
  /// The run has ended, by its deadline if `why` says so: a flow that never began, or never had a
  /// reply for want of a connection, has failed.
  void tell_failure(const char* why);

  /// Nothing more is to be sent, and nothing is outstanding; where many are asked, nobody else is
  /// awaited. Replies are still taken (late ones, duplicates) as long as the run goes on for
  /// others.
  [[nodiscard]] bool finished() const noexcept { return finished_at_.has_value(); }
  [[nodiscard]] std::size_t target() const noexcept { return identity_.target; }
  /// Its target has gone, and nothing of it is awaited.
  [[nodiscard]] bool over() const noexcept { return retired_ && finished(); }
  /// When on_time() has something to do; kNever when finished.
  [[nodiscard]] Instant next_event() const noexcept { return std::min(next_send(), next_chore()); }
  /// When there is something to send: exactly then.
  [[nodiscard]] Instant next_send() const noexcept;
  /// When there is anything else to do.
  [[nodiscard]] Instant next_chore() const noexcept;

  /// Takes what the port has, one batch or some trains, so that a flood of replies cannot hold up
  /// the schedule. If there is nothing, the next probe is prepared.
  void on_ready();
  /// Gives up on what has timed out, and sends what is due.
  void on_time(Instant now);

  /// Adds what a quick look wants of the run so far.
  void glance(FlowCounts& totals, Histogram& rtt) const { recorder_.add_to(totals, rtt); }
  /// Figures of the run so far, and of the period that ends now.
  [[nodiscard]] FigureSet whole(Instant now) const;
  [[nodiscard]] FigureSet end_period(Instant now);
  /// All of a summary that is not a figure of a FigureSet.
  [[nodiscard]] Summary description(bool interrupted) const;
  /// Round trips since the last call, for a running display.
  [[nodiscard]] Histogram& recent() noexcept { return recorder_.recent(); }

 private:
  // prober_flow.cpp: what is due beside sending, and what has become final.
  [[nodiscard]] std::unique_ptr<ProbeFormat> make_format(std::uint64_t session,
                                                         std::size_t at_hand) const;
  void start_schedule(Instant first);
  void expire(Instant now);
  void settle(Instant now);
  void settle_figures();
  /// `reply` is the damaged message that came last.
  void charge_spoiled(const Slot* reply);
  void lose(const LostProbe& probe, const Reason& reason = {}, const Slot* reply = nullptr);
  [[nodiscard]] bool all_sent() const noexcept { return ended_ || retired_ || pacer_.done(); }
  /// Whether the tick at hand waits for the first connection, as long as it may be sent late.
  [[nodiscard]] bool awaits_first() const noexcept {
    return !link_.stood() && !link_.connected() && !ended_;
  }
  /// What the flow's summary calls its error; null for none.
  [[nodiscard]] const ErrorEvent* failure() const noexcept {
    // Failed attempts to connect are not what a run comes to that got replies afterwards.
    return error_ && (ended_ || !recorder_.answered_once()) ? &*error_ : nullptr;
  }

  // prober_connection.cpp: the connection as it comes and goes.
  void install(ProbeConnection connection);
  void start_warm_up();
  void end_warm_up(Instant now);
  void reopen(Instant now);
  /// The connection serves no longer: a new one is to be made.
  void replace_connection(Instant now);
  /// The connection is gone: it is made again, or nothing more is sent.
  void drop(const char* reason, int error_number);
  void end(const Error& error);
  void lose_outstanding();
  void stop_watching();
  /// Closes the port of a flow that is retired and done.
  void release();

  // prober_sending.cpp: what is due.
  void send_due(Instant now);
  void prepare_next();
  void encode_next() noexcept;
  void send_one();
  [[nodiscard]] std::optional<BatchResult> take_answer_at_once(const BatchResult& sent);
  void note_answer_at_once(Instant sent_until, const std::optional<BatchResult>& answer);
  [[nodiscard]] std::size_t room() const noexcept;
  [[nodiscard]] std::size_t whole_train() const noexcept;
  [[nodiscard]] bool has_room_for_train() const noexcept;
  void flood(Instant now);
  void fail_send(const BatchResult& result, std::optional<Instant> due);
  void skip(std::uint64_t ticks, std::optional<Instant> due, SkipReason reason);
  void leave_unanswered(std::uint64_t ticks, Instant due);

  // prober_replies.cpp: what arrives.
  void take_ready();
  /// Takes what came in one call. False: there is no more.
  bool receive();
  bool take_received(const BatchResult& result);
  void take(const Slot& slot);
  /// So many in a row are alike; `slot` and `reading` are those of the first.
  void take_messages(const Slot& slot, const Reading& reading, std::uint64_t messages);
  void take_error(const Slot& slot);
  void take_intact(const Slot& slot, Reading reading, std::uint64_t messages);
  void take_arrival(const Slot& slot, const Reading& reading, const Arrival& arrival);
  void record_answer(const Reading& reading, const Arrival& arrival, const Reply& reply);
  void record_late(Sequence sequence, const Arrival& arrival, const Reply& reply);
  void take_damaged(const Slot& slot, const Reading& reading);
  /// REQUIRES: a message of the slot at hand.
  /// Who sent it is found out only for somebody who is told.
  [[nodiscard]] Reply reply_of(const Slot& slot) {
    return {&slot, context_.tells_outcomes ? link_.sender_of(slot, taking_) : nullptr};
  }

  // prober_stations.cpp: what arrives where a probe asks many.
  void take_station(const Slot& slot, const Reading& reading);
  /// One more station has answered a probe that another one has answered.
  void record_station(const Slot& slot, Sequence sequence, StationTable::Station& station);
  /// Until when further stations may answer the last probe; none where one peer is asked.
  [[nodiscard]] std::optional<Instant> others_until() const noexcept;

  const ProbeTarget& target_;
  ProberContext context_;
  FlowIdentity identity_;
  std::unique_ptr<ProbeFormat> format_;
  Pacer pacer_;
  Matcher matcher_;
  Recorder recorder_;
  Link link_;
  Batch& outgoing_;  ///< The run's: nothing of this flow is in them beyond its turn.
  Batch* incoming_;  ///< That of trains where they may come: its slots are large and far apart.
  std::size_t taking_ = 0;            ///< The slot of incoming_ at hand.
  std::optional<Sequence> prepared_;  ///< What is in next_probe_; nothing in a flood.
  std::span<std::byte> next_probe_;
  Instant sent_until_{};  ///< When the last send of one probe returned.
  /// Answers that are alike are taken together where nobody asks for anything of each.
  bool takes_several_ = false;
  bool answers_at_once_ = false;          ///< As the last one was, within kAtOnce.
  std::optional<StationTable> stations_;  ///< Those that answered; none where one peer is asked.
  std::unique_ptr<WarmUp> warm_up_;       ///< While it lasts.
  bool warmed_up_ = false;
  bool ended_ = false;    ///< Nothing more is scheduled.
  bool retired_ = false;  ///< The same, because nobody wants more.
  std::optional<Instant> finished_at_;
  std::optional<ErrorEvent> error_;
};

}  // namespace netecho
