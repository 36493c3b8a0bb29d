/// \file
/// The receiving half of a flow: what arrives, and to whom it is handed.

#include "core/probe/prober_flow.hpp"

namespace netecho {
namespace {

/// So many are taken before signals, reports and other flows have their turn.
constexpr int kTrainsInARow = 16;
/// An answer that is read so soon behind its probe may have been there before the send returned, as
/// those of a kernel are that answers on the sender's own processor.
constexpr Duration kAtOnce = std::chrono::microseconds{30};

/// Whether this is the answer to the probe `by` behind that of `first`, and all else is the same. A
/// server stamps the messages of a train as one, and counts each.
bool follows(const Reading& reading, const Reading& first, std::uint64_t by) noexcept {
  if (reading.kind != ReadingKind::intact) return false;
  if (reading.sequence->value != first.sequence->value + by) return false;
  if (!reading.stamp || !first.stamp) return reading.stamp == first.stamp;
  if (first.stamp->count == 0) return false;  // It does not count.
  FrameStamp expected = *first.stamp;
  expected.count += by;
  return *reading.stamp == expected;
}

/// How many answers are alike from the first one on.
std::size_t alike(std::span<const Reading> readings) noexcept {
  if (readings.front().kind != ReadingKind::intact) return 1;
  std::size_t count = 1;
  while (count < readings.size() && follows(readings[count], readings.front(), count)) ++count;
  return count;
}

}  // namespace

void ProbeFlow::on_ready() {
  warm_up_ ? warm_up_->on_ready() : take_ready();
  release();
  link_.tell_waiter();
}

void ProbeFlow::take_ready() {
  // What leaves in trains comes back in trains, one behind the other: to ask again is cheaper than
  // to wait. What room is left at the end is used by on_time().
  for (int left = link_.has_trains() ? kTrainsInARow : 1; left > 0; --left) {
    if (!receive()) return prepare_next();
    if (!link_.has_trains()) return;
    if (!has_room_for_train()) continue;
    const Instant now = context_.clock.now();
    flood(now);
    settle(now);
  }
}

bool ProbeFlow::receive() {
  if (!link_.connected()) return false;
  pacer_.retry_now();  // The socket may be writable again.
  return take_received(link_.receive(*incoming_));
}

bool ProbeFlow::take_received(const BatchResult& result) {
  recorder_.read_clocks();
  switch (result.status) {
    case IoStatus::ok:
      answers_at_once_ = incoming_->count == 1 && incoming_->slots()[0].at - sent_until_ < kAtOnce;
      for (taking_ = 0; taking_ < incoming_->count; ++taking_) {
        const Slot& slot = incoming_->slots()[taking_];
        take(slot);
        settle(slot.at);
      }
      return true;
    case IoStatus::would_block:
      return false;
    case IoStatus::closed:
      drop(context_.options.key && !recorder_.answered_once()
               ? "the peer closed the connection before its first reply: has it the same key?"
               : "the peer closed the connection",
           0);
      break;
    case IoStatus::failed:
      if (!Link::concerns_one_message(result.error)) {
        drop("receiving failed", result.error);
      } else if (const auto lost = matcher_.refused(result.error)) {
        lose(*lost, {.error = result.error});
      }
      break;
  }
  settle(context_.clock.now());
  return false;
}

void ProbeFlow::take(const Slot& slot) {
  if (slot.error != 0) return take_error(slot);
  const std::byte* const end = slot.data + slot.size;
  const std::uint32_t each = slot.segment_size != 0 ? slot.segment_size : slot.size;
  Slot message = slot;  // Moved along the train, as a copy for each message would cost too much.
  message.segment_size = 0;
  Slot part = slot;
  // No kernel makes longer trains today; one that does is taken in parts.
  for (std::size_t left = slot.segments(); left > 0;) {
    part.size = static_cast<std::uint32_t>(end - part.data);
    if (left > kTrainMessages) part.size = static_cast<std::uint32_t>(kTrainMessages) * each;
    const auto readings = std::span{context_.buffers.readings}.first(part.segments());
    format_->read(part, {matcher_.expected(), matcher_.tracker().next()}, readings);
    left -= readings.size();
    for (auto next = readings; !next.empty();) {
      message.size = std::min(each, static_cast<std::uint32_t>(end - message.data));
      const std::size_t messages = takes_several_ ? alike(next) : 1;
      take_messages(message, next.front(), messages);
      message.data += message.size * messages;
      next = next.subspan(messages);
    }
    part.data = message.data;
  }
}

void ProbeFlow::take_messages(const Slot& slot, const Reading& reading, std::uint64_t messages) {
  link_.heard();
  // On a link each client hears the answers to all of them.
  if (reading.kind != ReadingKind::foreign) recorder_.received(slot.size * messages);
  switch (reading.kind) {
    case ReadingKind::intact:
      take_intact(slot, reading, messages);
      return;
    case ReadingKind::damaged:
      // A stranger ends no probe.
      if (!slot.elsewhere) take_damaged(slot, reading);
      return;
    case ReadingKind::unproven:
      if (reading.sequence) matcher_.doubt(*reading.sequence);
      if (!reading.sequence) recorder_.foreign({slot.data, slot.size});
      return;
    case ReadingKind::foreign:
      return;
  }
}

void ProbeFlow::take_intact(const Slot& slot, Reading reading, std::uint64_t messages) {
  if (link_.stations() != nullptr) return take_station(slot, reading);
  while (messages > 0) {
    const Arrival arrival = matcher_.arrived(*reading.sequence, slot.at, messages);
    take_arrival(slot, reading, arrival);
    messages -= arrival.probes;
    reading.sequence->value += arrival.probes;
    if (reading.stamp) reading.stamp->count += arrival.probes;
  }
}

void ProbeFlow::take_arrival(const Slot& slot, const Reading& reading, const Arrival& arrival) {
  switch (arrival.kind) {
    case ArrivalKind::received:
      record_answer(reading, arrival, reply_of(slot));
      return;
    case ArrivalKind::late:
      record_late(*reading.sequence, arrival, reply_of(slot));
      return;
    case ArrivalKind::duplicate:
      recorder_.duplicate(*reading.sequence, reply_of(slot));
      return;
    case ArrivalKind::unknown:
      return;
  }
}

void ProbeFlow::record_answer(const Reading& reading, const Arrival& arrival, const Reply& reply) {
  if (context_.options.timestamps == TimestampSource::kernel && link_.carried(arrival.sent_up_to)) {
    recorder_.kernel_rtt(*reply.message, *arrival.rtt, link_.kernel_sent(arrival.sent_up_to));
  }
  recorder_.answered(*reading.sequence, arrival, reading.stamp, matcher_.tracker().sent_total(),
                     reply);
}

void ProbeFlow::record_late(Sequence sequence, const Arrival& arrival, const Reply& reply) {
  if (arrival.expired) lose(matcher_.expired(sequence));
  recorder_.late(sequence, arrival, reply);
}

void ProbeFlow::take_damaged(const Slot& slot, const Reading& reading) {
  if (!reading.sequence) recorder_.foreign({slot.data, slot.size});
  if (reading.sequence && matcher_.tracker().was_sent(*reading.sequence)) {
    if (const auto lost = matcher_.damaged(*reading.sequence)) lose(*lost, {}, &slot);
    return;
  }
  matcher_.spoil();
  charge_spoiled(&slot);
}

void ProbeFlow::take_error(const Slot& slot) {
  const Answerable answerable{matcher_.expected(), matcher_.tracker().next()};
  const Reading reading = format_->read_quote(slot, answerable);
  std::optional<LostProbe> lost;
  if (reading.kind == ReadingKind::intact) lost = matcher_.refused(*reading.sequence, slot.error);
  if (reading.kind == ReadingKind::damaged) lost = matcher_.refused(slot.error);
  if (lost) lose(*lost, {.error = slot.error, .icmp = slot.icmp});
}

}  // namespace netecho
