#include "core/probe/prober_flow.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "core/probe/prober_summary.hpp"

namespace netecho {
namespace {

using namespace std::chrono_literals;

/// How often a connection that is being made is looked after: the rarer, the longer it takes.
constexpr Duration kFirstReopenPoll = 100us;
constexpr Duration kLastReopenPoll = 20ms;
/// The pauses between attempts grow up to a quarter of an interval, as far as that lies between
/// these: the first slot that can have a connection again has one.
constexpr Duration kFirstBackOff = 10ms;
constexpr Duration kLastBackOff = 1s;
/// A connection without a reply for a time-out, and for this long, is taken for dead: TCP itself
/// would keep it for a quarter of an hour.
constexpr Duration kLeastSilence = 500ms;
/// A datagram socket without a reply for this long is made anew: its name may have moved.
constexpr Duration kLookUpAgain = 60s;

/// A connection attempt has nothing to authenticate.
const AuthKey* key_of(const ProbeOptions& options) noexcept {
  return options.mode == ProbeMode::echo ? options.key.get() : nullptr;
}

/// How many probes can be outstanding; one where replies carry no sequence, or where a stream's
/// kernel stamps could not be told apart.
std::size_t outstanding_limit(const ProbeOptions& options, const ProbeTarget& target,
                              const ProbeFormat& format) noexcept {
  const bool stream = target.target.socket_type == SocketType::stream;
  if (!format.names_probes()) return 1;
  if (stream && options.timestamps == TimestampSource::kernel) return 1;
  if (options.schedule == ScheduleKind::flood) return options.window;
  const auto by_time = static_cast<std::uint64_t>(options.timeout / options.interval) + 2;
  std::uint64_t by_count = options.count != 0 ? options.count : by_time;
  if (options.duration != Duration::max()) {
    const auto by_length = static_cast<std::uint64_t>(options.duration / options.interval) + 1;
    by_count = std::min(by_count, by_length);
  }
  // Slots come in bursts where gaps are random.
  const std::uint64_t bursts = options.schedule == ScheduleKind::poisson ? 2 : 1;
  return static_cast<std::size_t>(
      std::min<std::uint64_t>({by_time * bursts, by_count, kMaxOutstanding}));
}

ScheduleOptions schedule_options(const ProbeOptions& options, std::uint64_t seed) noexcept {
  return {.interval = options.interval,
          .count = options.count,
          .length = options.duration,
          .gaps = options.schedule == ScheduleKind::poisson ? Gaps::exponential : Gaps::equal,
          .seed = seed};
}

}  // namespace

ProbeFlow::ProbeFlow(const ProbeTarget& target, ProbeConnection connection,
                     const ProberContext& context, const FlowIdentity& identity)
    : target_{target},
      context_{context},
      identity_{identity},
      format_{make_probe_format(target.wire_format, {.size_bytes = content_bytes(context.options),
                                                     .session = identity.session,
                                                     .at_hand = outgoing_slots(context.options),
                                                     .key = key_of(context.options)})},
      schedule_{kNever, schedule_options(context.options, identity.session)},
      tracker_{outstanding_limit(context.options, target, *format_), context.options.timeout},
      figures_{mean_gap(), context.clock, identity.space},
      recent_{identity.space},
      outgoing_{context.buffers.outgoing},
      incoming_{floods() && is_datagram() ? *context.buffers.trains : context.buffers.incoming} {
  if (connection.port != nullptr) {
    install(std::move(connection));
  } else {
    back_off_ = kFirstBackOff;
    reopen(context_.clock.now());
  }
}

void ProbeFlow::install(ProbeConnection connection) {
  const Features features = connection.port->features();
  if (context_.options.timestamps == TimestampSource::kernel) {
    if (features.timestamping == nullptr) {
      throw usage_error("option", "--timestamps",
                        "the kernel has no stamps for " + target_.target.uri);
    }
    features.timestamping->stamp_by_kernel(2 * tracker_.capacity());
  }
  stop_watching();
  if (begun_) connection.connect_time = connection_.connect_time;  // Of the first one.
  connection_ = std::move(connection);
  features_ = features;
  if (features.stations != nullptr && !stations_) stations_.emplace();
  trains_ = accept_trains();
  sent_before_port_ = tracker_.sent_total();
  warm_ups_sent_ = 0;
  unheard_since_.reset();
  wants_write_ = connection_.port->wants_write();
  context_.waiter.watch(*connection_.port, identity_.id);
  watched_ = stood_ = true;
}

void ProbeFlow::begin(Instant start, Duration phase) {
  first_slot_ = saturating_add(start, phase);
  phase_ = phase;
  figures_.begin(first_slot_);
  if (retired_) return;
  if (connected() && context_.options.warmup != 0) return start_warm_up();
  const bool at_once = connected() || context_.options.reconnect == Reconnect::yes;
  if (at_once) start_schedule(first_slot_);
}

void ProbeFlow::start_warm_up() {
  const ProbeOptions& options = context_.options;
  if (options.warmup == 0 || warmed_up_) return connected_at(context_.clock.now());
  auto format = make_probe_format(target_.wire_format, {.size_bytes = content_bytes(options),
                                                        .session = identity_.warm_up_session,
                                                        .key = key_of(options)});
  warm_up_ =
      std::make_unique<WarmUp>(*connection_.port, options, std::move(format), context_.buffers);
}

void ProbeFlow::end_warm_up(Instant now) {
  warm_ups_sent_ = warm_up_->sent_total();
  const bool some_lost = warm_up_->lost_total() > 0;
  warm_up_.reset();
  warmed_up_ = true;
  if (!some_lost || format_->names_probes() || !target_.reopen) return connected_at(now);
  // A late reply to it would pass for one to a probe: these have a connection of their own.
  stop_watching();
  reopen_at_ = now;
}

void ProbeFlow::connected_at(Instant now) {
  start_schedule(now <= first_slot_ ? first_slot_ : saturating_add(now, phase_));
}

void ProbeFlow::start_schedule(Instant start) {
  begun_ = true;
  start_ = start;
  schedule_ = {start, schedule_options(context_.options, identity_.session)};
  figures_.begin(start);
  clock_offset_.read(context_.clock);
}

ProbeFlow::~ProbeFlow() {
  stop_watching();
}

void ProbeFlow::stop_watching() {
  const std::span<const std::byte> cut_off = unfinished();
  note_foreign(cut_off);
  figures_.counts.rx_bytes += cut_off.size();
  if (std::exchange(watched_, false)) context_.waiter.unwatch(*connection_.port);
}

void ProbeFlow::tell_waiter() {
  if (!watched_ || connection_.port->wants_write() == wants_write_) return;
  wants_write_ = !wants_write_;
  context_.waiter.interest_changed(*connection_.port);
}

std::span<const std::byte> ProbeFlow::unfinished() const noexcept {
  const bool none =
      !watched_ || !echoes() || stamped_.has_value() || features_.reassembly == nullptr;
  return none ? std::span<const std::byte>{} : features_.reassembly->unfinished();
}

void ProbeFlow::note_foreign(std::span<const std::byte> bytes) noexcept {
  if (stamped_) return;
  if (foreign_bytes_ < foreign_.size()) {
    const auto kept = static_cast<std::size_t>(foreign_bytes_);
    const std::size_t size = std::min(bytes.size(), foreign_.size() - kept);
    if (size > 0) std::memcpy(&foreign_[kept], bytes.data(), size);
  }
  foreign_bytes_ += bytes.size();
}

std::optional<PayloadSample> ProbeFlow::foreign_reply() const {
  const std::span<const std::byte> rest = unfinished();
  const std::uint64_t all = foreign_bytes_ + rest.size();
  if (stamped_ || all == 0) return std::nullopt;
  PayloadSample out;
  out.data.assign(foreign_.data(), std::min<std::uint64_t>(foreign_bytes_, foreign_.size()));
  const std::size_t room = foreign_.size() - out.data.size();
  if (!rest.empty()) {
    out.data.append(reinterpret_cast<const char*>(rest.data()), std::min(rest.size(), room));
  }
  out.size_bytes = all;
  out.truncated = out.data.size() < all;
  return out;
}

Instant ProbeFlow::next_send() const noexcept {
  if (all_sent() || !begun_ || !connected()) return kNever;
  if (!floods()) return retry_at_ ? std::min(*retry_at_, schedule_.expires()) : schedule_.due();
  return tracker_.full() ? kNever : retry_at_.value_or(Instant{});  // At once: that has passed.
}

Instant ProbeFlow::next_chore() const noexcept {
  Instant next = tracker_.next_expiry();
  if (all_sent()) return finished() ? next : std::min(next, others_until().value_or(kNever));
  if (reopen_at_) next = std::min(next, *reopen_at_);
  if (warm_up_) next = std::min(next, warm_up_->next_event());
  const bool slots_pass = begun_ && !connected() && !floods();
  if (slots_pass) next = std::min(next, awaits_first() ? schedule_.expires() : schedule_.due());
  return next;
}

void ProbeFlow::on_time(Instant now) {
  expire(now);
  if (unheard_since_) end_silence(now);
  if (reopen_at_ && *reopen_at_ <= now) reopen(now);
  if (warm_up_ && warm_up_->next_event() <= now) warm_up_->on_time(now);
  if (warm_up_ && warm_up_->finished()) end_warm_up(now);
  if (begun_ && !retired_) floods() ? flood(now) : send_due(now);
  settle(now);
  release();
  tell_waiter();
}

void ProbeFlow::expire(Instant now) {
  bool timed_out = false;
  while (tracker_.next_expiry() <= now) {
    const Sequence oldest = tracker_.oldest_outstanding();
    const bool spoiled = spoiled_ > 0 && oldest.value < spoiled_before_.value;
    if (spoiled) --spoiled_;
    const bool mismatch = spoiled || tracker_.doubted(oldest);
    lose(oldest, mismatch ? ReplyStatus::mismatch : ReplyStatus::timeout);
    timed_out = true;
  }
  if (timed_out && !format_->names_probes() && target_.reopen && !all_sent() && connected()) {
    stop_watching();
    reopen_at_ = now;
  }
}

/// Nothing comes back: what is connected may be dead, or another address be the right one now.
void ProbeFlow::end_silence(Instant now) {
  if (!connected() || reopen_at_ || !reconnects() || all_sent()) return;
  const Duration silence = now - *unheard_since_;
  if (!is_datagram()) {
    const Duration most = std::max(context_.options.timeout, kLeastSilence);
    if (silence >= most) drop("nothing comes back", ETIMEDOUT);
  } else if (silence >= kLookUpAgain) {
    unheard_since_ = now;
    reopen_at_ = now;
  }
}

void ProbeFlow::reopen(Instant now) try {
  if (!reopening_) {
    if (target_.one_at_a_time) {
      stop_watching();
      connection_.port.reset();
    }
    reopening_since_ = now;
    reopening_ = target_.reopen();
  }
  ProbeConnection made = reopening_->poll();
  if (made.port == nullptr) {
    reopen_at_ = now + std::clamp((now - reopening_since_) / 4, kFirstReopenPoll, kLastReopenPoll);
    return;
  }
  reopening_.reset();
  reopen_at_.reset();
  install(std::move(made));
  if (first_slot_ != kNever && !begun_) start_warm_up();
} catch (const Error& error) {
  reopening_.reset();
  if (!begun_ && error.category() == ErrorCategory::usage) throw;
  if (begun_ ? !reconnects() : context_.options.reconnect == Reconnect::no) return end(error);
  if (!stamped_) error_ = error_event(error);  // Should there never be a reply.
  reopen_later();
}

void ProbeFlow::reopen_later() {
  reopen_at_ = context_.clock.now() + back_off_;
  const Duration last = std::clamp(mean_gap() / 4, kFirstBackOff, kLastBackOff);
  back_off_ = std::clamp(back_off_ * 2, kFirstBackOff, last);
}

void ProbeFlow::lose_outstanding() {
  while (tracker_.outstanding() > 0) {
    const Sequence oldest = tracker_.oldest_outstanding();
    tracker_.lose(oldest, Loss::explained);
    count_loss(oldest, ReplyStatus::timeout);
  }
}

void ProbeFlow::drop(const char* reason, int error_number) {
  const Instant now = context_.clock.now();
  if (!reconnects() || all_sent()) {
    const std::string when =
        all_sent() ? "" : ", " + format_duration(now - start_) + " into its schedule";
    return end(
        Error{ErrorCategory::connect, "probe", target_.target.uri, reason + when, error_number});
  }
  stop_watching();
  lose_outstanding();
  retry_at_.reset();
  reopen_later();
}

void ProbeFlow::end(const Error& error) {
  stop_watching();
  if (finished()) return;
  const bool early = !all_sent();
  ended_ = true;
  retry_at_.reset();
  reopen_at_.reset();
  warm_up_.reset();
  if (early || !stamped_) {  // Else it only cost the probes that were out.
    error_ = error_event(error);
    context_.observer.failed(identity_.target, *error_);
  }
  lose_outstanding();
  settle(context_.clock.now());
}

void ProbeFlow::settle_figures() {
  tracker_.settle([&](const SettledProbe& probe) { figures_.settled(probe); });
}

/// Also notes when all is final.
void ProbeFlow::settle(Instant now) {
  charge_spoiled(nullptr);
  settle_figures();
  if (!all_sent() || tracker_.outstanding() != 0 || finished()) return;
  if (now >= others_until().value_or(now)) finished_at_ = now;
}

void ProbeFlow::tell_failure(const char* why) {
  if (retired_) return;
  if (why == nullptr && finished()) why = "no connection before its schedule ended";
  if (why != nullptr && !stood_ && !error_) {
    error_ =
        error_event(Error{ErrorCategory::connect, "connect", target_.target.uri, why, ETIMEDOUT});
  }
  if (failure() != nullptr && !ended_) context_.observer.failed(identity_.target, *error_);
}

FigureSet ProbeFlow::whole(Instant now) const {
  FigureSet out = figures_.whole(finished_at_.value_or(now), tracker_);
  out.counts.rx_bytes += unfinished().size();
  if (stations_) out.stations = stations_->whole();
  return out;
}

FigureSet ProbeFlow::end_period(Instant now) {
  FigureSet out = figures_.end_period(now, tracker_);
  if (stations_) out.stations = stations_->end_period();
  return out;
}

Summary ProbeFlow::description(bool interrupted) const {
  const ProbeOptions& options = context_.options;
  Summary summary;
  summary.target = target_.target;
  summary.peer = connection_.peer;
  summary.local = connection_.local;
  if (connection_.port && features_.path != nullptr) {  // It may have moved to another address.
    if (auto peer = features_.path->peer()) summary.peer = std::move(peer);
    if (auto local = features_.path->local()) summary.local = std::move(local);
  }
  summary.flow = identity_.flow;
  summary.mode = options.mode;
  summary.wait = options.wait;
  summary.schedule = options.schedule;
  summary.timestamp_source = options.timestamps;
  summary.size_bytes = echoes() ? options.size_bytes : 0;
  if (echoes()) {
    summary.stamped = format_->asks_for_stamps() ? stamped_ : false;
    if (!options.key) summary.authenticated = false;
    if (options.key && stamped_) summary.authenticated = true;  // There was a reply.
  }
  summary.connect = connection_.connect_time;
  summary.interrupted = interrupted && !finished();
  summary.clock_read = context_.clock_read;
  if (echoes() && connection_.port) {
    const PathInfo path = path_info(connection_.port->fd());
    summary.tcp_info = path.tcp_info;
    summary.path_mtu_bytes = path.path_mtu_bytes;
  }
  summary.foreign_reply = foreign_reply();
  if (const ErrorEvent* error = failure()) summary.error = *error;
  return summary;
}

}  // namespace netecho
