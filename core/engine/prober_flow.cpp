#include "core/engine/prober_flow.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "core/engine/prober_summary.hpp"

namespace netecho {
namespace {

using namespace std::chrono_literals;

/// How often a connection that is being made is looked after, and the pauses between attempts.
constexpr Duration kReopenPoll = 1ms;
constexpr Duration kFirstBackOff = 10ms;
constexpr Duration kLastBackOff = 1s;
/// Messages taken or flooded at once, if they are not large.
constexpr std::size_t kBatchSlots = 64;
constexpr std::size_t kBatchBytes = std::size_t{4} << 20;
/// A connection attempt carries no payload; the frame only names it.
constexpr std::uint32_t kConnectProbeBytes = kFrameHeaderBytes;

std::uint32_t content_bytes(const ProbeOptions& options) noexcept {
  return options.mode == ProbeMode::connect ? kConnectProbeBytes : options.size_bytes;
}

/// A connection attempt has nothing to authenticate.
const AuthKey* key_of(const ProbeOptions& options) noexcept {
  return options.mode == ProbeMode::echo ? options.key.get() : nullptr;
}

std::size_t batch_slots(std::size_t message_bytes) noexcept {
  return std::clamp<std::size_t>(kBatchBytes / (message_bytes + 1), 1, kBatchSlots);
}

std::size_t outgoing_slots(const ProbeOptions& options) noexcept {
  if (options.schedule != ScheduleKind::flood) return 1;
  return std::min<std::size_t>(options.window, batch_slots(content_bytes(options)));
}

/// How many probes can be outstanding; one where replies carry no sequence, or where a stream's
/// kernel stamps could not be told apart.
std::size_t outstanding_limit(const ProbeOptions& options, const ProbeTarget& target) noexcept {
  const bool stream = target.target.socket_type == SocketType::stream;
  if (content_bytes(options) < kFrameHeaderBytes) return 1;
  if (stream && options.timestamps == TimestampSource::kernel) return 1;
  if (options.schedule == ScheduleKind::flood) return options.window;
  const auto by_time = static_cast<std::uint64_t>(options.timeout / options.interval) + 2;
  const std::uint64_t by_count = options.count != 0 ? options.count : by_time;
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
      connection_{std::move(connection)},
      context_{context},
      identity_{identity},
      content_{content_bytes(context.options), identity.session, outgoing_slots(context.options),
               key_of(context.options)},
      schedule_{kNever, schedule_options(context.options, identity.session)},
      tracker_{outstanding_limit(context.options, target), context.options.timeout},
      figures_{mean_gap(), context.clock},
      trains_{accept_trains()},
      outgoing_{outgoing_slots(context.options), 1},
      // One byte more than a reply has: a longer one shows.
      incoming_{batch_slots(content_bytes(context.options)),
                std::max<std::size_t>(std::size_t{content_bytes(context.options)} + 1,
                                      trains_ ? kTrainSlotBytes : 0)} {
  install(std::move(connection_.port));
}

void ProbeFlow::install(std::unique_ptr<MessagePort> port) {
  if (context_.options.timestamps == TimestampSource::kernel &&
      !port->stamp_by_kernel(2 * tracker_.capacity())) {
    throw usage_error("option", "--timestamps",
                      "the kernel has no stamps for " + target_.target.uri);
  }
  connection_.port = std::move(port);
  trains_ = trains_ && accept_trains();
  sent_before_port_ = tracker_.sent_total();
  context_.waiter.watch(*connection_.port, identity_.id);
  watched_ = true;
}

void ProbeFlow::begin(Instant start) noexcept {
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

std::span<const std::byte> ProbeFlow::unfinished() const noexcept {
  const bool none = !watched_ || !echoes() || stamped_.has_value();
  return none ? std::span<const std::byte>{} : connection_.port->unfinished();
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

Instant ProbeFlow::next_event() const noexcept {
  Instant next = tracker_.next_expiry();
  if (all_sent()) return next;
  if (reopen_at_) next = std::min(next, *reopen_at_);
  if (!floods()) {
    return std::min(next, retry_at_ ? std::min(*retry_at_, schedule_.expires()) : schedule_.due());
  }
  if (!connected() || tracker_.full()) return next;
  return std::min(next, retry_at_.value_or(Instant{}));  // At once: that has long passed.
}

void ProbeFlow::on_time(Instant now) {
  expire(now);
  if (reopen_at_ && *reopen_at_ <= now) reopen(now);
  floods() ? flood(now) : send_due(now);
  settle(now);
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
  if (timed_out && !content_.has_frame() && target_.reopen && !all_sent() && connected()) {
    stop_watching();
    reopen_at_ = now;
  }
}

void ProbeFlow::reopen(Instant now) try {
  if (!reopening_) reopening_ = target_.reopen();
  std::unique_ptr<MessagePort> port = reopening_->poll();
  if (port == nullptr) {
    reopen_at_ = now + kReopenPoll;
    return;
  }
  reopening_.reset();
  reopen_at_.reset();
  back_off_ = Duration::zero();
  install(std::move(port));
} catch (const Error& error) {
  reopening_.reset();
  if (context_.options.reconnect == Reconnect::no) return end(error);
  back_off_ = std::clamp(back_off_ * 2, kFirstBackOff, kLastBackOff);
  reopen_at_ = now + back_off_;
}

void ProbeFlow::lose_outstanding() {
  while (tracker_.outstanding() > 0) {
    const Sequence oldest = tracker_.oldest_outstanding();
    tracker_.lose(oldest, Loss::explained);
    count_loss(oldest, ReplyStatus::timeout);
  }
}

void ProbeFlow::drop(const char* reason, int error_number) {
  const bool reconnects = context_.options.reconnect == Reconnect::yes && target_.reopen;
  if (!reconnects || all_sent()) {
    return end(Error{ErrorCategory::connect, "probe", target_.target.uri, reason, error_number});
  }
  stop_watching();
  const Instant now = context_.clock.now();
  lose_outstanding();
  retry_at_.reset();
  reopen_at_ = now;
}

void ProbeFlow::end(const Error& error) {
  stop_watching();
  if (finished()) return;
  ended_ = true;
  retry_at_.reset();
  error_ = error_event(error);
  lose_outstanding();
}

void ProbeFlow::settle_figures() {
  tracker_.settle([&](const SettledProbe& probe) { figures_.settled(probe); });
}

/// Also notes when all is final.
void ProbeFlow::settle(Instant now) {
  charge_spoiled(nullptr);
  settle_figures();
  if (all_sent() && tracker_.outstanding() == 0 && !finished_at_) finished_at_ = now;
}

FigureSet ProbeFlow::whole(Instant now) const {
  FigureSet out = figures_.whole(finished_at_.value_or(now), tracker_);
  out.counts.rx_bytes += unfinished().size();
  return out;
}

FigureSet ProbeFlow::end_period(Instant now) {
  return figures_.end_period(now, tracker_);
}

Summary ProbeFlow::description(bool interrupted) const {
  const ProbeOptions& options = context_.options;
  Summary summary;
  summary.target = target_.target;
  summary.peer = connection_.peer;
  summary.local = connection_.local;
  summary.flow = identity_.flow;
  summary.mode = options.mode;
  summary.wait = options.wait;
  summary.schedule = options.schedule;
  summary.timestamp_source = options.timestamps;
  summary.size_bytes = echoes() ? options.size_bytes : 0;
  if (echoes()) {
    summary.stamped = content_.has_stamp_block() ? stamped_ : false;
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
  summary.error = error_;
  return summary;
}

}  // namespace netecho
