#include "core/engine/prober_flow.hpp"

#include <algorithm>
#include <cerrno>
#include <utility>

namespace netecho {
namespace {

/// A full socket that cannot tell when it has room (unix datagrams) is tried again this often.
constexpr Duration kRetryInterval = std::chrono::milliseconds{1};
/// Replies taken at once, if they are not large.
constexpr std::size_t kIncomingSlots = 64;
constexpr std::size_t kIncomingBytes = std::size_t{4} << 20;
/// A connection attempt carries no payload; the frame only names it.
constexpr std::uint32_t kConnectProbeBytes = kFrameHeaderBytes;

std::uint32_t content_bytes(const ProbeOptions& options) noexcept {
  return options.mode == ProbeMode::connect ? kConnectProbeBytes : options.size_bytes;
}

std::size_t incoming_slots(std::size_t message_bytes) noexcept {
  return std::clamp<std::size_t>(kIncomingBytes / (message_bytes + 1), 1, kIncomingSlots);
}

/// How many probes can be outstanding on this schedule; one where replies carry no sequence.
std::size_t outstanding_limit(const ProbeOptions& options) noexcept {
  if (content_bytes(options) < kFrameHeaderBytes) return 1;
  const auto by_time = static_cast<std::uint64_t>(options.timeout / options.interval) + 2;
  const std::uint64_t by_count = options.count != 0 ? options.count : by_time;
  return static_cast<std::size_t>(std::min<std::uint64_t>({by_time, by_count, kMaxOutstanding}));
}

bool ends_connection(const BatchResult& result) noexcept {
  return result.status == IoStatus::closed || result.error == EPIPE || result.error == ECONNRESET ||
         result.error == ENOTCONN || result.error == ESHUTDOWN;
}

}  // namespace

ProbeFlow::ProbeFlow(ProbeTarget target, const ProberContext& context, std::uint32_t id,
                     std::uint64_t session)
    : target_{std::move(target)},
      context_{context},
      id_{id},
      content_{content_bytes(context.options), session},
      schedule_{kNever, context.options.interval, context.options.count},
      tracker_{outstanding_limit(context.options), context.options.timeout},
      statistics_{context.options.interval},
      outgoing_{1, 1},
      // One byte more than a reply has: a longer one shows.
      incoming_{incoming_slots(content_bytes(context.options)),
                std::size_t{content_bytes(context.options)} + 1} {
  context_.waiter.watch(*target_.port, id_);
}

void ProbeFlow::begin(Instant start) noexcept {
  start_ = start;
  schedule_ = {start, context_.options.interval, context_.options.count};
}

ProbeFlow::~ProbeFlow() {
  stop_watching();
}

void ProbeFlow::stop_watching() {
  if (std::exchange(watched_, false)) context_.waiter.unwatch(*target_.port);
}

Instant ProbeFlow::next_event() const noexcept {
  const Instant due = ended_ ? kNever : schedule_.due();
  const Instant send = retry_at_ ? std::min(*retry_at_, schedule_.expires()) : due;
  return std::min(send, tracker_.next_expiry());
}

void ProbeFlow::on_time(Instant now) {
  expire(now);
  send_due(now);
  settle(now);
}

void ProbeFlow::expire(Instant now) {
  bool timed_out = false;
  while (tracker_.next_expiry() <= now) {
    const Sequence oldest = tracker_.oldest_outstanding();
    const bool spoiled = spoiled_ > 0 && oldest.value < spoiled_before_.value;
    if (spoiled) --spoiled_;
    lose(oldest, spoiled ? ReplyStatus::mismatch : ReplyStatus::timeout);
    timed_out = true;
  }
  if (timed_out && !content_.has_frame() && target_.reopen && !ended_) renew_port();
}

void ProbeFlow::renew_port() try {
  std::unique_ptr<MessagePort> fresh = target_.reopen();
  stop_watching();
  target_.port = std::move(fresh);
  context_.waiter.watch(*target_.port, id_);
  watched_ = true;
} catch (const Error& error) {
  end(error);
}

void ProbeFlow::send_due(Instant now) {
  if (retry_at_ && now < *retry_at_ && now < schedule_.expires()) return;
  retry_at_.reset();
  while (!ended_ && schedule_.due() <= now) {
    if (const std::uint64_t missed = schedule_.skip_missed(now); missed > 0) {
      skip(missed);
    } else if (tracker_.full()) {
      schedule_.advance();
      skip(1);
    } else if (!send_one(now)) {
      return;
    }
    tracker_.settle([&](const SettledProbe& probe) { statistics_.settled(probe); });
  }
}

bool ProbeFlow::send_one(Instant& now) {
  const Sequence sequence = tracker_.next();
  const std::span<std::byte> probe = content_.encode(sequence);
  Slot& slot = outgoing_.slots()[0];
  slot = {};
  slot.data = probe.data();
  slot.size = static_cast<std::uint32_t>(probe.size());
  outgoing_.count = 1;
  outgoing_.next = 0;

  const BatchResult result = target_.port->send(outgoing_);
  now = context_.clock.now();
  if (result.status == IoStatus::would_block) {
    retry_at_ = now + kRetryInterval;
    return false;
  }
  const Instant due = schedule_.due();
  schedule_.advance();
  if (result.status != IoStatus::ok) {
    fail_send(result);
    return true;
  }
  tracker_.sent(slot.at, slot.at - due);
  statistics_.sent(slot.at - due, now - slot.at);
  last_sent_ = sequence;
  ++counts_.sent;
  if (context_.options.mode == ProbeMode::echo) counts_.tx_bytes += probe.size();
  return true;
}

void ProbeFlow::skip(std::uint64_t slots) {
  counts_.skipped += slots;
  statistics_.unanswered(slots);
  if (context_.replies != nullptr) {
    for (std::uint64_t i = 0; i < slots; ++i) {
      report({tracker_.next().value + i}, ReplyStatus::skipped, {});
    }
  }
  tracker_.not_sent(slots);
}

void ProbeFlow::fail_send(const BatchResult& result) {
  ++counts_.send_error;
  statistics_.unanswered(1);
  report(tracker_.next(), ReplyStatus::send_error, {});
  tracker_.not_sent(1);
  if (ends_connection(result)) end("the connection is gone", result.error);
}

void ProbeFlow::end(const char* reason, int error_number) {
  end(Error{ErrorCategory::connect, "probe", target_.target.uri, reason, error_number});
}

void ProbeFlow::end(const Error& error) {
  stop_watching();
  if (finished()) return;
  ended_ = true;
  retry_at_.reset();
  error_ = error_event(error);
  while (tracker_.outstanding() > 0) {
    lose(tracker_.oldest_outstanding(), ReplyStatus::timeout);
  }
}

/// Tells the figures what has become final, and notes when all has.
void ProbeFlow::settle(Instant now) {
  charge_spoiled(nullptr);
  tracker_.settle([&](const SettledProbe& probe) { statistics_.settled(probe); });
  const bool all_sent = ended_ || schedule_.finished();
  if (all_sent && tracker_.outstanding() == 0 && !finished_at_) finished_at_ = now;
}

Summary ProbeFlow::summary(Instant now, bool interrupted) const {
  const ProbeOptions& options = context_.options;
  const bool echo = options.mode == ProbeMode::echo;
  Summary summary;
  summary.target = target_.target;
  summary.peer = target_.peer;
  summary.local = target_.local;
  summary.mode = options.mode;
  summary.wait = options.wait;
  summary.schedule = ScheduleKind::periodic;
  summary.size_bytes = echo ? options.size_bytes : 0;
  if (echo) {
    summary.stamped = content_.has_stamp_block() ? stamped_ : false;
    summary.authenticated = false;
  }
  summary.connect = target_.connect_time;
  summary.duration = finished_at_.value_or(now) - start_;
  summary.interrupted = interrupted && !finished();
  summary.clock_read = context_.clock_read;
  summary.error = error_;
  fill_counts(summary, counts_, options.interval);
  const auto highest = statistics_.loss_direction.highest_answered();
  fill_figures(summary, statistics_, highest ? tracker_.outstanding_up_to(*highest) : 0);
  return summary;
}

}  // namespace netecho
