/// \file
/// The receiving half of a flow: which probe each reply and each error belongs to.

#include <cerrno>

#include "core/engine/prober_flow.hpp"

namespace netecho {
namespace {

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

/// Errors of one message, met by a socket that lives on.
bool concerns_one_message(int error) noexcept {
  return error == ECONNREFUSED || error == EHOSTUNREACH || error == ENETUNREACH ||
         error == EHOSTDOWN || error == ENETDOWN;
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
  if (!watched_) return;
  retry_at_.reset();  // It may be writable again.
  const BatchResult result = target_.port->receive(incoming_);
  switch (result.status) {
    case IoStatus::ok:
      for (const Slot& slot : incoming_.filled()) {
        slot.error != 0 ? take_error(slot) : take_message(slot);
        settle(slot.at);
      }
      return;
    case IoStatus::would_block:
      return;
    case IoStatus::closed:
      end("the peer closed the connection", 0);
      break;
    case IoStatus::failed:
      if (!concerns_one_message(result.error)) {
        end("receiving failed", result.error);
      } else if (tracker_.outstanding() > 0) {
        lose(tracker_.oldest_outstanding(), status_of(result.error));
      }
      break;
  }
  settle(context_.clock.now());
}

/// The probe that a reply without a sequence would answer.
Sequence ProbeFlow::expected() const noexcept {
  return tracker_.outstanding() > 0 ? tracker_.oldest_outstanding() : last_sent_;
}

void ProbeFlow::take_message(const Slot& slot) {
  if (context_.options.mode == ProbeMode::echo) counts_.rx_bytes += slot.size;
  const Reading reading = content_.read({slot.data, slot.size}, expected(), tracker_.next());
  switch (reading.kind) {
    case ReadingKind::intact:
      take_intact(slot, reading);
      return;
    case ReadingKind::damaged:
      take_damaged(slot, reading);
      return;
    case ReadingKind::foreign:
      return;
  }
}

void ProbeFlow::take_intact(const Slot& slot, const Reading& reading) {
  const Sequence sequence = *reading.sequence;
  const Arrival arrival = tracker_.arrived(sequence, slot.at);
  switch (arrival.kind) {
    case ArrivalKind::received:
      record_reply(slot, reading, arrival);
      return;
    case ArrivalKind::late:
      if (arrival.expired) count_loss(sequence, ReplyStatus::timeout);
      ++counts_.late;
      report(sequence, ReplyStatus::late, {.rtt = arrival.rtt, .reply = &slot});
      return;
    case ArrivalKind::duplicate:
      ++counts_.duplicate;
      report(sequence, ReplyStatus::duplicate, {.reply = &slot});
      return;
    case ArrivalKind::unknown:
      return;
  }
}

void ProbeFlow::record_reply(const Slot& slot, const Reading& reading, const Arrival& arrival) {
  const Duration rtt = *arrival.rtt;
  Detail detail{.rtt = rtt, .response = rtt + arrival.lateness, .reply = &slot};
  ++counts_.received;
  if (arrival.reordered) ++counts_.reordered;
  statistics_.received(rtt, *detail.response);
  std::optional<std::uint64_t> server_count;
  if (reading.stamp) {
    server_count = reading.stamp->count;
    detail.residence = residence_of(*reading.stamp, rtt);
    if (detail.residence) statistics_.server_residence.record(*detail.residence);
  }
  statistics_.loss_direction.answered(*reading.sequence, arrival.sent_up_to, server_count);
  stamped_ = stamped_.value_or(true) && reading.stamp.has_value();
  forget_candidate(*reading.sequence);
  report(*reading.sequence, ReplyStatus::ok, detail);
}

void ProbeFlow::take_damaged(const Slot& slot, const Reading& reading) {
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
  const Reading reading = content_.read_quote({slot.data, slot.size}, expected());
  const ReplyStatus status = status_of(slot.error);
  if (reading.kind == ReadingKind::intact) {
    if (tracker_.is_outstanding(*reading.sequence)) lose(*reading.sequence, status);
  } else if (reading.kind == ReadingKind::damaged && tracker_.outstanding() > 0) {
    lose(tracker_.oldest_outstanding(), status);
  }
}

void ProbeFlow::lose(Sequence sequence, ReplyStatus status, const Slot* reply) {
  tracker_.lose(sequence);
  count_loss(sequence, status, reply);
}

void ProbeFlow::count_loss(Sequence sequence, ReplyStatus status, const Slot* reply) {
  statistics_.unanswered(1);
  forget_candidate(sequence);
  ++total_of(status);
  report(sequence, status, {.reply = reply});
}

std::uint64_t& ProbeFlow::total_of(ReplyStatus status) noexcept {
  switch (status) {
    case ReplyStatus::mismatch:
      return counts_.mismatch;
    case ReplyStatus::refused:
      return counts_.refused;
    case ReplyStatus::unreachable:
      return counts_.unreachable;
    default:
      return counts_.timeout;
  }
}

void ProbeFlow::report(Sequence sequence, ReplyStatus status, const Detail& detail) const {
  if (context_.replies == nullptr) return;
  const ProbeOptions& options = context_.options;
  const bool echo = options.mode == ProbeMode::echo;
  ReplyEvent event{.target = target_.target,
                   .sequence = sequence.value,
                   .status = status,
                   .rtt = detail.rtt,
                   .response = detail.response,
                   .size_bytes = echo ? options.size_bytes : 0,
                   .server_residence = detail.residence,
                   .payload = {}};
  if (echo && detail.reply != nullptr) {
    const Slot& slot = *detail.reply;
    event.size_bytes = slot.size;
    if (const std::size_t limit = options.show_payload_bytes; limit > 0) {
      const std::size_t shown = std::min<std::size_t>(limit, slot.size);
      event.payload = PayloadSample{{reinterpret_cast<const char*>(slot.data), shown},
                                    slot.size,
                                    slot.truncated || shown < slot.size};
    }
  }
  context_.replies->emit({context_.clock.wall_now(), std::move(event)});
}

}  // namespace netecho
