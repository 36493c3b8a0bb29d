#include "core/probe/prober_flow.hpp"

#include <algorithm>
#include <cerrno>
#include <utility>

namespace netecho {
namespace {

/// A connection attempt has nothing to authenticate.
const AuthKey* key_of(const ProbeOptions& options) noexcept {
  return options.echoes() ? options.key.get() : nullptr;
}

/// How many probes can be outstanding; one where replies carry no sequence, or where a stream's
/// kernel stamps could not be told apart.
std::size_t outstanding_limit(const ProbeOptions& options, const ProbeTarget& target,
                              const ProbeFormat& format) noexcept {
  const bool stream = target.target.socket_type == SocketType::stream;
  const std::size_t most = format.most_outstanding();
  if (most == 1) return 1;
  if (stream && options.timestamps == TimestampSource::kernel) return 1;
  if (options.floods()) return std::min<std::size_t>(options.window, most);
  const auto by_time = static_cast<std::uint64_t>(options.timeout / options.interval) + 2;
  std::uint64_t by_count = options.count != 0 ? options.count : by_time;
  if (options.duration != Duration::max()) {
    const auto by_length = static_cast<std::uint64_t>(options.duration / options.interval) + 1;
    by_count = std::min(by_count, by_length);
  }
  // Ticks come in bursts where gaps are random.
  const std::uint64_t bursts = options.schedule == ScheduleKind::poisson ? 2 : 1;
  return static_cast<std::size_t>(
      std::min<std::uint64_t>({by_time * bursts, by_count, kMaxOutstanding, most}));
}

/// How many probes are remembered at least. A run without an end fills what it has, for each of
/// perhaps thousands of targets.
std::size_t remembered(const ProbeOptions& options) noexcept {
  constexpr std::size_t kOfEndless = 64;
  return options.keep == Keep::counts ? kOfEndless : SequenceTracker::kCapacity;
}

}  // namespace

ProbeFlow::ProbeFlow(const ProbeTarget& target, ProbeConnection connection,
                     const ProberContext& context, const FlowIdentity& identity)
    : target_{target},
      context_{context},
      identity_{identity},
      format_{make_format(identity.session, outgoing_slots(context.options))},
      pacer_{context.options, identity.session},
      matcher_{outstanding_limit(context.options, target, *format_), context.options.timeout,
               remembered(context.options)},
      recorder_{context, identity},
      link_{target, context.options, context.waiter, identity.id},
      outgoing_{context.buffers.outgoing},
      incoming_{&context.buffers.incoming} {
  if (connection.port != nullptr) {
    install(std::move(connection));
  } else {
    link_.begin_without();
    reopen(context_.clock.now());
  }
}

std::unique_ptr<ProbeFormat> ProbeFlow::make_format(std::uint64_t session,
                                                    std::size_t at_hand) const {
  return make_probe_format(target_.wire_format, {.size_bytes = content_bytes(context_.options),
                                                 .session = session,
                                                 .at_hand = at_hand,
                                                 .key = key_of(context_.options)});
}

void ProbeFlow::begin(Instant start, Duration phase) {
  pacer_.plan(saturating_add(start, phase), phase);
  recorder_.begin(pacer_.first_tick());
  if (retired_) return;
  if (link_.connected() && context_.options.warmup != 0) return start_warm_up();
  const bool at_once = link_.connected() || context_.options.reconnect == Reconnect::yes;
  if (at_once) start_schedule(pacer_.first_tick());
}

void ProbeFlow::start_schedule(Instant first) {
  pacer_.start(first);
  recorder_.start(first);
}

void ProbeFlow::retire(Instant now) {
  retired_ = true;
  pacer_.end_flood();
  pacer_.retry_now();
  link_.give_up();
  warm_up_.reset();
  settle(now);
  release();
}

Instant ProbeFlow::next_send() const noexcept {
  if (all_sent() || !pacer_.begun() || !link_.connected()) return kNever;
  if (context_.options.floods() && matcher_.tracker().full()) return kNever;
  return pacer_.next_send();
}

Instant ProbeFlow::next_chore() const noexcept {
  Instant next = matcher_.tracker().next_expiry();
  if (all_sent()) return finished() ? next : std::min(next, others_until().value_or(kNever));
  next = std::min(next, link_.next_look());
  if (warm_up_) next = std::min(next, warm_up_->next_event());
  const bool ticks_pass = pacer_.begun() && !link_.connected() && !context_.options.floods();
  if (ticks_pass) next = std::min(next, awaits_first() ? pacer_.expires() : pacer_.due());
  return next;
}

void ProbeFlow::on_time(Instant now) {
  expire(now);
  if (link_.silent() && !all_sent() && link_.end_silence(now))
    drop("nothing comes back", ETIMEDOUT);
  if (link_.next_look() <= now) reopen(now);
  if (warm_up_ && warm_up_->next_event() <= now) warm_up_->on_time(now);
  if (warm_up_ && warm_up_->finished()) end_warm_up(now);
  if (pacer_.begun() && !retired_) context_.options.floods() ? flood(now) : send_due(now);
  settle(now);
  release();
  link_.tell_waiter();
}

void ProbeFlow::expire(Instant now) {
  bool timed_out = false;
  while (const auto lost = matcher_.timed_out(now)) {
    lose(*lost);
    timed_out = true;
  }
  const bool to_replace = timed_out && !format_->names_probes() && link_.can_reopen();
  if (to_replace && !all_sent() && link_.connected()) replace_connection(now);
}

void ProbeFlow::lose(const LostProbe& probe, const Reason& reason, const Slot* reply) {
  link_.missed(probe.sent ? probe.sent->at : context_.clock.now());
  recorder_.lost(probe, reason, reply != nullptr ? reply_of(*reply) : Reply{});
}

void ProbeFlow::charge_spoiled(const Slot* reply) {
  while (const auto lost = matcher_.next_spoiled()) {
    lose(*lost, {}, reply);
    reply = nullptr;  // Seen once, shown once.
  }
}

void ProbeFlow::settle_figures() {
  matcher_.settle([&](const SettledProbe& probe) { recorder_.settled(probe); });
}

/// Also notes when all is final.
void ProbeFlow::settle(Instant now) {
  charge_spoiled(nullptr);
  settle_figures();
  if (!all_sent() || matcher_.tracker().outstanding() != 0 || finished()) return;
  if (now >= others_until().value_or(now)) finished_at_ = now;
}

void ProbeFlow::tell_failure(const char* why) {
  if (retired_) return;
  if (why == nullptr && finished()) why = "no connection before its schedule ended";
  if (why != nullptr && !link_.stood() && !error_) {
    error_ =
        error_event(Error{ErrorCategory::connect, "connect", target_.target.uri, why, ETIMEDOUT});
  }
  if (failure() != nullptr && !ended_) context_.observer.failed(identity_.target, *error_);
}

FigureSet ProbeFlow::whole(Instant now) const {
  FigureSet out =
      recorder_.whole(finished_at_.value_or(now), matcher_.tracker(), link_.unfinished());
  if (stations_) out.stations = stations_->whole();
  return out;
}

FigureSet ProbeFlow::end_period(Instant now) {
  FigureSet out = recorder_.end_period(now, matcher_.tracker());
  if (stations_) out.stations = stations_->end_period();
  return out;
}

Summary ProbeFlow::description(bool interrupted) const {
  const ProbeOptions& options = context_.options;
  Summary summary;
  summary.target = target_.target;
  summary.flow = identity_.flow;
  summary.mode = options.mode;
  summary.wait = options.wait;
  summary.schedule = options.schedule;
  summary.timestamp_source = options.timestamps;
  summary.size_bytes = options.echoes() ? options.size_bytes : 0;
  if (options.echoes()) {
    summary.stamped = format_->asks_for_stamps() ? recorder_.stamped() : false;
    if (!options.key) summary.authenticated = false;
    if (options.key && recorder_.answered_once()) summary.authenticated = true;
  }
  summary.interrupted = interrupted && !finished();
  summary.clock_read = context_.clock_read;
  link_.describe(summary);
  summary.foreign_reply = recorder_.foreign_reply(link_.unfinished());
  if (const ErrorEvent* error = failure()) summary.error = *error;
  return summary;
}

}  // namespace netecho
