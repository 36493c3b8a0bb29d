/// \file
/// The receiving half of a flow that asks many stations at once: which of them each reply is of.

#include "core/measure/schedule.hpp"
#include "core/probe/prober_flow.hpp"

namespace netecho {

std::optional<Instant> ProbeFlow::others_until() const noexcept {
  if (!stations_ || ended_) return std::nullopt;
  const auto sent = matcher_.last_sent_when();
  return sent ? std::optional{saturating_add(*sent, context_.options.timeout)} : std::nullopt;
}

/// The first of the stations that answer a probe makes it received. What others answer is counted
/// for themselves alone, and what one answers again is a duplicate.
void ProbeFlow::take_station(const Slot& slot, const Reading& reading) {
  const Sequence sequence = *reading.sequence;
  StationTable::Station* const station = stations_->find(*link_.stations(), taking_);
  const bool first = station == nullptr || station->seen.first_time(sequence);
  const Arrival arrival = matcher_.arrived(sequence, slot.at);
  const Reply reply = station != nullptr ? Reply{&slot, &station->description} : reply_of(slot);
  if (arrival.kind == ArrivalKind::received) {
    if (station != nullptr) {
      ++station->period.received;
      station->period.rtt.record(*arrival.rtt);
    }
    return record_answer(reading, arrival, reply);
  }
  if (arrival.kind == ArrivalKind::late) return record_late(sequence, arrival, reply);
  if (arrival.kind != ArrivalKind::duplicate || station == nullptr) return;
  if (first) return record_station(slot, sequence, *station);
  ++station->period.duplicates;
  recorder_.duplicate(sequence, reply);
}

void ProbeFlow::record_station(const Slot& slot, Sequence sequence,
                               StationTable::Station& station) {
  const auto sent = matcher_.tracker().sent_when(sequence);
  if (!sent) return;
  const Duration rtt = slot.at - *sent;
  const Reply reply{&slot, &station.description};
  if (rtt > context_.options.timeout) {
    return recorder_.late(sequence, {.kind = ArrivalKind::late, .rtt = rtt}, reply);
  }
  ++station.period.received;
  station.period.rtt.record(rtt);
  recorder_.answered_by_another(sequence, rtt, reply);
}

}  // namespace netecho
