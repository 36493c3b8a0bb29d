/// \file
/// The receiving half of a flow: which probe each reply and each error belongs to.

#include <algorithm>
#include <cerrno>

#include "core/probe/prober_flow.hpp"

namespace netecho {
namespace {

/// So many are taken before signals, reports and other flows have their turn.
constexpr int kTrainsInARow = 16;

ReplyStatus status_of(int error) noexcept {
  switch (error) {
    case ECONNREFUSED:
      return ReplyStatus::refused;
    case ETIMEDOUT:
      return ReplyStatus::timeout;
    default:
      return ReplyStatus::unreachable;
  }
}

/// Errors of one message, met by a socket that lives on: all that the kernel makes of ICMP.
bool concerns_one_message(int error) noexcept {
  switch (error) {
    case ECONNREFUSED:
    case EHOSTUNREACH:
    case ENETUNREACH:
    case EHOSTDOWN:
    case ENETDOWN:
    case EACCES:
    case EPROTO:
    case EMSGSIZE:
    case ENOPROTOOPT:
    case EOPNOTSUPP:
    case ENONET:
      return true;
    default:
      return false;
  }
}

/// The time between a server's two stamps; none if they contradict each other or the round trip.
std::optional<Duration> residence_of(const FrameStamp& stamp, Duration rtt) noexcept {
  if (stamp.received_unix_ns == 0 || stamp.sent_unix_ns < stamp.received_unix_ns) return {};
  const std::uint64_t residence = stamp.sent_unix_ns - stamp.received_unix_ns;
  if (residence > static_cast<std::uint64_t>(rtt.count())) return {};
  return Duration{static_cast<std::int64_t>(residence)};
}

}  // namespace

void ProbeFlow::on_ready() {
  warm_up_ ? warm_up_->on_ready() : take_ready();
  release();
  tell_waiter();
}

void ProbeFlow::take_ready() {
  // What leaves in trains comes back in trains, one behind the other: to ask again is cheaper than
  // to wait, and the place of one train is filled before the next is taken.
  for (int left = trains_ ? kTrainsInARow : 1; left > 0 && receive(); --left) {
    if (!trains_) return;
    const Instant now = context_.clock.now();
    flood(now);
    settle(now);
  }
}

bool ProbeFlow::receive() {
  if (!watched_) return false;
  retry_at_.reset();  // It may be writable again.
  const BatchResult result = connection_.port->receive(incoming_);
  const ProbeOptions& options = context_.options;
  if (options.timestamps == TimestampSource::kernel || options.clocks == HostClocks::synchronized) {
    clock_offset_.read(context_.clock);
  }
  switch (result.status) {
    case IoStatus::ok:
      for (taking_ = 0; taking_ < incoming_.count; ++taking_) {
        const Slot& slot = incoming_.slots()[taking_];
        take(slot);
        settle(slot.at);
      }
      return true;
    case IoStatus::would_block:
      return false;
    case IoStatus::closed:
      drop(context_.options.key && !stamped_
               ? "the peer closed the connection before its first reply: has it the same key?"
               : "the peer closed the connection",
           0);
      break;
    case IoStatus::failed:
      if (!concerns_one_message(result.error)) {
        drop("receiving failed", result.error);
      } else if (tracker_.outstanding() > 0) {
        lose(tracker_.oldest_outstanding(), {.error = result.error});
      }
      break;
  }
  settle(context_.clock.now());
  return false;
}

/// The probe that a reply without a sequence would answer.
Sequence ProbeFlow::expected() const noexcept {
  return tracker_.outstanding() > 0 ? tracker_.oldest_outstanding() : last_sent_;
}

void ProbeFlow::take(const Slot& slot) {
  if (slot.error != 0) return take_error(slot);
  const std::byte* const end = slot.data + slot.size;
  const std::uint32_t each = slot.segment_size != 0 ? slot.segment_size : slot.size;
  Slot message =
      slot;  // Moved along the train: a copy for each message costs as much as its check.
  message.segment_size = 0;
  Slot part = slot;
  // No kernel makes longer trains today; one that does is taken in parts.
  for (std::size_t left = slot.segments(); left > 0;) {
    part.size = static_cast<std::uint32_t>(end - part.data);
    if (left > kTrainMessages) part.size = static_cast<std::uint32_t>(kTrainMessages) * each;
    const auto readings = std::span{context_.buffers.readings}.first(part.segments());
    format_->read(part, {expected(), tracker_.next()}, readings);
    for (const Reading& reading : readings) {
      message.size = std::min(each, static_cast<std::uint32_t>(end - message.data));
      take_message(message, reading);
      message.data += message.size;
    }
    part.data = message.data;
    left -= readings.size();
  }
}

void ProbeFlow::take_message(const Slot& slot, const Reading& reading) {
  unheard_since_.reset();
  back_off_ = Duration::zero();
  if (echoes()) figures_.counts.rx_bytes += slot.size;
  switch (reading.kind) {
    case ReadingKind::intact:
      take_intact(slot, reading);
      return;
    case ReadingKind::damaged:
      take_damaged(slot, reading);
      return;
    case ReadingKind::unproven:
      if (reading.sequence) tracker_.doubt(*reading.sequence);
      if (!reading.sequence) note_foreign({slot.data, slot.size});
      return;
    case ReadingKind::foreign:
      return;
  }
}

void ProbeFlow::record_late(const Slot& slot, Sequence sequence, const Arrival& arrival,
                            const SocketDescription* station) {
  if (arrival.expired) count_loss(sequence, ReplyStatus::timeout);
  ++figures_.counts.late;
  tell(sequence, ReplyStatus::late,
       {.sent = arrival.rtt ? std::optional{slot.at - *arrival.rtt} : std::nullopt,
        .lateness = arrival.lateness,
        .rtt = arrival.rtt,
        .reply = &slot,
        .station = station});
}

void ProbeFlow::take_intact(const Slot& slot, const Reading& reading) {
  if (features_.stations != nullptr) return take_station(slot, reading);
  const Sequence sequence = *reading.sequence;
  const Arrival arrival = tracker_.arrived(sequence, slot.at);
  switch (arrival.kind) {
    case ArrivalKind::received:
      record_reply(slot, reading, arrival);
      return;
    case ArrivalKind::late:
      record_late(slot, sequence, arrival);
      return;
    case ArrivalKind::duplicate:
      ++figures_.counts.duplicate;
      tell(sequence, ReplyStatus::duplicate, {.reply = &slot});
      return;
    case ArrivalKind::unknown:
      return;
  }
}

void ProbeFlow::record_reply(const Slot& slot, const Reading& reading, const Arrival& arrival,
                             const SocketDescription* station) {
  const Duration rtt = *arrival.rtt;
  const Instant sent = slot.at - rtt;
  std::optional<Duration> response;
  if (!floods()) response = rtt + arrival.lateness;
  ++figures_.counts.received;
  if (arrival.reordered) ++figures_.counts.reordered;
  figures_.statistics.received(rtt, response);
  figures_.order().jitter.received(rtt);
  if (context_.options.status_interval != Duration::max()) recent_.record(rtt);
  std::optional<std::uint64_t> server_count;
  std::optional<Duration> residence;
  if (reading.stamp) {
    server_count = reading.stamp->count;
    residence = residence_of(*reading.stamp, rtt);
    if (residence) figures_.statistics.server_residence.record(*residence);
    if (context_.options.clocks == HostClocks::synchronized) {
      record_one_way(slot, *reading.stamp, sent);
    }
  }
  if (context_.options.timestamps == TimestampSource::kernel) {
    record_kernel_rtt(slot, arrival, sent);
  }
  figures_.order().loss_direction.answered(*reading.sequence, arrival.sent_up_to, server_count,
                                           tracker_.sent_total());
  stamped_ = stamped_.value_or(true) && reading.stamp.has_value();
  forget_candidate(*reading.sequence);
  if (!context_.tells_outcomes) return;
  tell(*reading.sequence, ReplyStatus::ok,
       {.sent = sent,
        .lateness = arrival.lateness,
        .rtt = rtt,
        .response = response,
        .residence = residence,
        .reply = &slot,
        .station = station});
}

/// Both stamps are of CLOCK_REALTIME; across a step of it their difference means nothing.
void ProbeFlow::record_kernel_rtt(const Slot& slot, const Arrival& arrival, Instant sent) {
  if (arrival.sent_up_to <= sent_before_port_) return;
  const std::uint64_t ordinal = arrival.sent_up_to - 1 - sent_before_port_ + warm_ups_sent_;
  const auto left = features_.timestamping->kernel_sent(ordinal);
  // The kernel's clock may be slewed by 500 ppm; a longer round trip than the one that lies around
  // it is of another probe's stamp.
  const Duration most = *arrival.rtt + *arrival.rtt / 1000;
  const Duration rtt = left && slot.kernel_at ? *slot.kernel_at - *left : Duration{-1};
  if (clock_offset_.stepped_since(sent) || rtt < Duration::zero() || rtt > most) {
    ++figures_.statistics.discarded;
    return;
  }
  figures_.statistics.rtt_kernel.record(rtt);
}

/// A negative delay shows that the clocks are not synchronized so well: it is discarded, too.
void ProbeFlow::record_one_way(const Slot& slot, const FrameStamp& stamp, Instant sent) {
  const auto wall = [](std::uint64_t unix_ns) {
    return WallTime{Duration{static_cast<std::int64_t>(unix_ns)}};
  };
  const Duration forward = wall(stamp.received_unix_ns) - clock_offset_.wall(sent);
  const Duration reverse = clock_offset_.wall(slot.at) - wall(stamp.sent_unix_ns);
  if (clock_offset_.stepped_since(sent) || forward < Duration::zero() ||
      reverse < Duration::zero()) {
    ++figures_.statistics.discarded;
    return;
  }
  figures_.statistics.one_way_forward.record(forward);
  figures_.statistics.one_way_reverse.record(reverse);
}

void ProbeFlow::take_damaged(const Slot& slot, const Reading& reading) {
  if (!reading.sequence) note_foreign({slot.data, slot.size});
  if (reading.sequence && tracker_.is_outstanding(*reading.sequence)) {
    lose(*reading.sequence, ReplyStatus::mismatch, &slot);
    return;
  }
  if (reading.sequence && tracker_.was_sent(*reading.sequence)) return;  // A further copy.
  if (tracker_.outstanding() == 0) return;
  spoiled_before_ = tracker_.next();
  candidates_ = tracker_.outstanding();
  ++spoiled_;
  charge_spoiled(&slot);
}

/// Once as many are left as were spoiled, it is clear which.
void ProbeFlow::charge_spoiled(const Slot* reply) {
  if (spoiled_ == 0 || spoiled_ < candidates_) return;
  spoiled_ = 0;
  while (candidates_ > 0) {
    lose(tracker_.oldest_outstanding(), ReplyStatus::mismatch, reply);
    reply = nullptr;  // Seen once, shown once.
  }
}

void ProbeFlow::forget_candidate(Sequence sequence) noexcept {
  if (candidates_ == 0 || sequence.value >= spoiled_before_.value) return;
  if (--candidates_ == 0) spoiled_ = 0;
}

void ProbeFlow::take_error(const Slot& slot) {
  const Reading reading = format_->read_quote({slot.data, slot.size}, expected());
  const Reason reason{.error = slot.error, .icmp = slot.icmp};
  if (reading.kind == ReadingKind::intact) {
    if (tracker_.is_outstanding(*reading.sequence)) lose(*reading.sequence, reason);
  } else if (reading.kind == ReadingKind::damaged && tracker_.outstanding() > 0) {
    lose(tracker_.oldest_outstanding(), reason);
  }
}

void ProbeFlow::lose(Sequence sequence, ReplyStatus status, const Slot* reply) {
  tracker_.lose(sequence);
  count_loss(sequence, status, reply);
}

/// A time-out is its own reason, whoever kept the time.
void ProbeFlow::lose(Sequence sequence, const Reason& reason) {
  const ReplyStatus status = status_of(reason.error);
  tracker_.lose(sequence, status == ReplyStatus::timeout ? Loss::silent : Loss::explained);
  count_loss(sequence, status, nullptr, status == ReplyStatus::timeout ? Reason{} : reason);
}

void ProbeFlow::count_loss(Sequence sequence, ReplyStatus status, const Slot* reply,
                           const Reason& reason) {
  figures_.statistics.unanswered(1);
  forget_candidate(sequence);
  ++total_of(status);
  if (reason.error != 0) figures_.counts.reasons.count(status, reason.error, reason.icmp);
  const auto probe = tracker_.sent_probe(sequence);
  if (!unheard_since_) unheard_since_ = probe ? probe->at : context_.clock.now();
  if (!context_.tells_outcomes) return;
  Detail detail{.reply = reply, .reason = reason};
  if (probe) {
    detail.sent = probe->at;
    detail.lateness = probe->lateness;
  }
  tell(sequence, status, detail);
}

std::uint64_t& ProbeFlow::total_of(ReplyStatus status) noexcept {
  switch (status) {
    case ReplyStatus::mismatch:
      return figures_.counts.mismatch;
    case ReplyStatus::refused:
      return figures_.counts.refused;
    case ReplyStatus::unreachable:
      return figures_.counts.unreachable;
    default:
      return figures_.counts.timeout;
  }
}

void ProbeFlow::tell(Sequence sequence, ReplyStatus status, const Detail& detail) const {
  if (!context_.tells_outcomes) return;
  ProbeOutcome outcome{.target = identity_.target,
                       .flow = identity_.flow,
                       .sequence = sequence,
                       .status = status,
                       .rtt = detail.rtt,
                       .response = detail.response,
                       .server_residence = detail.residence,
                       .error = detail.reason.error,
                       .icmp = detail.reason.icmp,
                       .reply = detail.reply};
  const bool left = status != ReplyStatus::skipped && status != ReplyStatus::send_error;
  if (left) outcome.sent = detail.sent;
  if (detail.sent && !floods()) outcome.intended = *detail.sent - detail.lateness;
  std::optional<SocketDescription> reached;
  if (detail.reply != nullptr) {
    outcome.received = detail.reply->at;
    if (!echoes()) {
      std::size_t slot = 0;
      while (incoming_.storage(slot) != detail.reply->data) ++slot;
      if (features_.senders != nullptr) reached = features_.senders->sender(slot);
    }
    const auto& peer = echoes() ? connection_.peer : reached;
    if (peer) outcome.peer = &*peer;
    if (detail.station != nullptr) outcome.peer = detail.station;
  }
  context_.observer.outcome(outcome);
}

}  // namespace netecho
