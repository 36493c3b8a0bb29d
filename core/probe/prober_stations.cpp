/// \file
/// The receiving half of a flow that asks many stations at once: which of them each reply is of.

#include "core/probe/prober_flow.hpp"

namespace netecho {

std::optional<Instant> ProbeFlow::others_until() const noexcept {
  if (!stations_ || ended_ || tracker_.sent_total() == 0) return std::nullopt;
  const auto sent = tracker_.sent_when(last_sent_);
  return sent ? std::optional{saturating_add(*sent, context_.options.timeout)} : std::nullopt;
}

/// The first of the stations that answer a probe makes it received. What others answer is counted
/// for themselves alone, and what one answers again is a duplicate.
void ProbeFlow::take_station(const Slot& slot, const Reading& reading) {
  const Sequence sequence = *reading.sequence;
  StationTable::Station* const station = stations_->find(*features_.stations, taking_);
  const bool first = station == nullptr || station->seen.first_time(sequence);
  const Arrival arrival = tracker_.arrived(sequence, slot.at);
  const SocketDescription* const who = station != nullptr ? &station->description : nullptr;
  if (arrival.kind == ArrivalKind::received) {
    if (station != nullptr) {
      ++station->period.received;
      station->period.rtt.record(*arrival.rtt);
    }
    return record_reply(slot, reading, arrival, who);
  }
  if (arrival.kind == ArrivalKind::late) return record_late(slot, sequence, arrival, who);
  if (arrival.kind != ArrivalKind::duplicate || station == nullptr) return;
  if (first) return record_station(slot, sequence, *station);
  ++figures_.counts.duplicate;
  ++station->period.duplicates;
  tell(sequence, ReplyStatus::duplicate, {.reply = &slot, .station = who});
}

void ProbeFlow::record_station(const Slot& slot, Sequence sequence,
                               StationTable::Station& station) {
  const auto sent = tracker_.sent_when(sequence);
  if (!sent) return;
  const Duration rtt = slot.at - *sent;
  const bool late = rtt > tracker_.timeout();
  if (late) {
    ++figures_.counts.late;
  } else {
    ++station.period.received;
    station.period.rtt.record(rtt);
  }
  tell(sequence, late ? ReplyStatus::late : ReplyStatus::ok,
       {.sent = sent, .rtt = rtt, .reply = &slot, .station = &station.description});
}

}  // namespace netecho
