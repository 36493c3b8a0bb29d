/// \file
/// The sending half of a flow: what is due, and what could not be sent.

#include <algorithm>
#include <cerrno>

#include "core/probe/prober_flow.hpp"

namespace netecho {
namespace {

/// The part of a sequence that travels beside the payload, where the transport has room for one.
std::uint16_t receipt_of(Sequence sequence) noexcept {
  return static_cast<std::uint16_t>(sequence.value);
}

/// A full socket that cannot tell when it has room (unix datagrams) is tried again this often.
constexpr Duration kRetryInterval = std::chrono::milliseconds{1};
/// How many slots that could not be kept are told before replies are taken again.
constexpr int kSlotsATurn = 64;
/// How many of the slots that a flow never had are told one by one.
constexpr std::uint64_t kMaxToldMissing = 1'000'000;

/// What a socket meets for good that was connected before this host's address or interface changed,
/// or before the peer's socket was made anew (`by_path`: over IP it is as good as the old one, and
/// the refusals of other probes are still to come to this one). The network's own errors may pass,
/// too.
bool new_socket_may_help(int error, bool by_path) noexcept {
  return error == ENETUNREACH || error == EHOSTUNREACH || error == ENETDOWN || error == EINVAL ||
         error == EADDRNOTAVAIL || error == ENODEV || error == ENXIO || error == ENOENT ||
         (error == ECONNREFUSED && by_path);
}

bool ends_connection(const BatchResult& result) noexcept {
  return result.status == IoStatus::closed || result.error == EPIPE || result.error == ECONNRESET ||
         result.error == ENOTCONN || result.error == ESHUTDOWN;
}

}  // namespace

void ProbeFlow::send_due(Instant now) {
  if (retry_at_ && now < *retry_at_ && now < schedule_.expires()) return;
  retry_at_.reset();
  if (awaits_first() && now < schedule_.expires()) return;
  // The schedule begins with its first probe: what this machine did before it is in no figure.
  if (untouched_ && connected() && schedule_.expires() <= now) start_schedule(now);
  // One probe a call, and a bounded number of slots that can't be kept: replies are taken in
  // between, whatever the rate.
  for (int slots = kSlotsATurn; slots > 0 && !ended_ && schedule_.due() <= now; --slots) {
    untouched_ = false;
    const Instant due = schedule_.due();
    const bool tell_each = context_.tells_outcomes && schedule_.expires() <= now;
    if (!connected() || tracker_.full() || tell_each) {
      schedule_.advance();
      skip(1, due, connected() ? SkipReason::instrument : SkipReason::no_connection);
    } else if (const std::uint64_t missed = schedule_.skip_missed(now); missed > 0) {
      skip(missed, std::nullopt, SkipReason::instrument);
    } else {
      static_cast<void>(send_one(now));
      return settle_figures();
    }
    settle_figures();
  }
}

BatchResult ProbeFlow::send_batch(std::size_t probes, Instant& now) {
  const std::span<std::byte> bytes = format_->encode(tracker_.next(), probes);
  const std::size_t each = bytes.size() / probes;
  for (std::size_t i = 0; i < probes; ++i) {
    Slot& slot = outgoing_.slots()[i];
    slot = {};
    slot.data = bytes.data() + i * each;
    slot.size = static_cast<std::uint32_t>(each);
    slot.receipt = receipt_of({tracker_.next().value + i});
  }
  return send_outgoing(probes, now);
}

BatchResult ProbeFlow::send_train(std::size_t probes, Instant& now) {
  const std::span<std::byte> bytes = format_->encode(tracker_.next(), probes);
  Slot& slot = outgoing_.slots()[0];
  slot = {};
  slot.data = bytes.data();
  slot.size = static_cast<std::uint32_t>(bytes.size());
  slot.segment_size = static_cast<std::uint32_t>(bytes.size() / probes);
  return send_outgoing(1, now);
}

BatchResult ProbeFlow::send_outgoing(std::size_t slots, Instant& now) {
  outgoing_.count = slots;
  outgoing_.next = 0;
  const BatchResult result = connection_.port->send(outgoing_);
  now = context_.clock.now();
  return result;
}

bool ProbeFlow::send_one(Instant& now) {
  const BatchResult result = send_batch(1, now);
  if (result.status == IoStatus::would_block) {
    retry_at_ = now + kRetryInterval;
    return false;
  }
  const Instant due = schedule_.due();
  schedule_.advance();
  if (result.status != IoStatus::ok) {
    fail_send(result, due);
    return true;
  }
  const Instant sent = outgoing_.slots()[0].at;
  last_sent_ = tracker_.next();
  tracker_.sent(sent, sent - due);
  figures_.statistics.sent(now - sent, sent - due);
  ++figures_.counts.sent;
  if (echoes()) figures_.counts.tx_bytes += outgoing_.slots()[0].size;
  return true;
}

/// One batch a call, so that replies are taken in between.
void ProbeFlow::flood(Instant now) {
  const ProbeOptions& options = context_.options;
  if (ended_ || flood_over_) return;
  const std::uint64_t left = options.count != 0 ? options.count - flooded_ : UINT64_MAX;
  flood_over_ = left == 0 || now - start_ >= options.duration;
  if (flood_over_ || !connected() || tracker_.full() || (retry_at_ && now < *retry_at_)) return;
  retry_at_.reset();
  // Fewer than the window where replies carry no sequence.
  const std::size_t room = tracker_.max_outstanding() - tracker_.outstanding();
  const auto probes =
      static_cast<std::size_t>(std::min<std::uint64_t>({left, room, outgoing_.slots().size()}));
  const std::size_t in_train =
      std::min({probes, kTrainMessages, kTrainBytes / std::max(options.size_bytes, 1U)});
  const bool train = trains_ && in_train > 1 && features_.trains->takes_trains(now);
  const BatchResult result = train ? send_train(in_train, now) : send_batch(probes, now);
  if (result.status == IoStatus::would_block) {
    retry_at_ = now + kRetryInterval;
    return;
  }
  if (result.status != IoStatus::ok) {
    ++flooded_;
    retry_at_ = now + kRetryInterval;  // What fails at once must not spin.
    return fail_send(result, std::nullopt);
  }
  if (result.messages == 0) return;  // A train that was refused: now without one.
  figures_.statistics.sent(now - outgoing_.slots()[0].at, std::nullopt);
  for (std::size_t i = 0; i < result.messages; ++i) {
    last_sent_ = tracker_.next();
    tracker_.sent(outgoing_.slots()[train ? 0 : i].at, Duration::zero());
  }
  if (echoes()) figures_.counts.tx_bytes += result.messages * options.size_bytes;
  figures_.counts.sent += result.messages;
  flooded_ += result.messages;
}

void ProbeFlow::skip(std::uint64_t slots, std::optional<Instant> intended, SkipReason reason) {
  figures_.counts.skipped += slots;
  if (reason == SkipReason::no_connection) figures_.counts.no_connection += slots;
  figures_.statistics.unanswered(slots);
  if (intended) tell(tracker_.next(), ReplyStatus::skipped, {.sent = intended});
  if (reason == SkipReason::instrument) return tracker_.not_sent(slots);
  leave_unanswered(slots, intended.value_or(context_.clock.now()));
}

/// Slots from `due` on that were not sent, and count in runs and outages.
void ProbeFlow::leave_unanswered(std::uint64_t slots, Instant due) {
  settle_figures();
  if (tracker_.outstanding() == 0) {
    figures_.unanswered(due, slots);
    return tracker_.not_sent(slots);
  }
  const std::uint64_t remembered = std::min<std::uint64_t>(slots, tracker_.capacity());
  for (std::uint64_t i = 0; i < remembered; ++i) {
    tracker_.unanswered(due);
    due = saturating_add(due, mean_gap());
  }
  tracker_.not_sent(slots - remembered);
}

void ProbeFlow::retire(Instant now) {
  retired_ = true;
  flood_over_ = true;
  retry_at_.reset();
  reopen_at_.reset();
  reopening_.reset();
  warm_up_.reset();
  settle(now);
  release();
}

void ProbeFlow::release() {
  if (!retired_ || !finished() || connection_.port == nullptr) return;
  stop_watching();
  connection_.port.reset();
}

void ProbeFlow::account_for_missing(Instant until) {
  if (!ended_ || !begun_ || retired_) return;
  const ProbeOptions& options = context_.options;
  if (floods()) {
    const std::uint64_t left = options.count != 0 ? options.count - flooded_ : 0;
    if (left > 0) skip(left, std::nullopt, SkipReason::no_connection);
    return;
  }
  const bool ends = options.count != 0 || options.duration != Duration::max();
  const Instant end = until == kNever && !ends ? context_.clock.now() : until;
  std::uint64_t told = context_.tells_outcomes ? kMaxToldMissing : 0;
  for (; told > 0 && schedule_.due() < end; --told) {
    const Instant due = schedule_.due();
    schedule_.advance();
    skip(1, due, SkipReason::no_connection);
  }
  const Instant due = schedule_.due();
  const std::uint64_t left = schedule_.skip_before(end);
  if (left > 0) skip(left, due, SkipReason::no_connection);
}

void ProbeFlow::fail_send(const BatchResult& result, std::optional<Instant> intended) {
  ++figures_.counts.send_error;
  figures_.statistics.unanswered(1);
  figures_.counts.reasons.count(ReplyStatus::send_error, result.error, nullptr);
  tell(tracker_.next(), ReplyStatus::send_error,
       {.sent = intended, .reason = {.error = result.error}});
  leave_unanswered(1, intended.value_or(context_.clock.now()));
  if (ends_connection(result)) return drop("the connection is gone", result.error);
  if (!is_datagram() || !reconnects() || reopen_at_) return;
  if (!new_socket_may_help(result.error, target_.target.path.has_value())) return;
  reopen_later();
}

}  // namespace netecho
