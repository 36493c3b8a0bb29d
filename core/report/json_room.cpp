#include "core/report/json_room.hpp"

#include <variant>

namespace netecho {
namespace {

/// An event takes so much without lists and payloads.
constexpr std::size_t kEvent = 64 * 1024;
constexpr std::size_t kEndpoint = 24 * 1024;
/// A family has a few types and schemes, whose names are short.
constexpr std::size_t kFamily = 12 * 1024;
/// An outage, a reason or a threshold takes so much.
constexpr std::size_t kEntry = 2 * 1024;
/// A byte of a payload becomes up to six characters, whose text grows by doubling.
constexpr std::size_t kPayloadByte = 32;

std::size_t of_payload(const std::optional<PayloadSample>& sample) noexcept {
  return sample ? kPayloadByte * sample->data.size() : 0;
}

struct Room {
  std::size_t operator()(const Summary& s) const noexcept {
    const std::size_t entries = s.outages.size() + s.reasons.size() + s.thresholds.size() +
                                2 * (s.stations ? s.stations->size() : 0);
    return kEvent + kEntry * entries + of_payload(s.foreign_reply);
  }
  std::size_t operator()(const SummaryEvent& e) const noexcept { return (*this)(e.summary); }
  std::size_t operator()(const IntervalEvent& e) const noexcept { return (*this)(e.summary); }
  std::size_t operator()(const StatsEvent& e) const noexcept {
    return kEvent + kEndpoint * e.endpoints.size();
  }
  std::size_t operator()(const StoppedEvent& e) const noexcept { return (*this)(e.stats); }
  std::size_t operator()(const DatagramEvent& e) const noexcept {
    return kEvent + of_payload(e.payload);
  }
  std::size_t operator()(const ReplyEvent& e) const noexcept {
    return kEvent + of_payload(e.payload);
  }
  std::size_t operator()(const FamiliesEvent& e) const noexcept {
    return kEvent + kFamily * e.families.size();
  }
  std::size_t operator()(const auto& /*event*/) const noexcept { return kEvent; }
};

}  // namespace

std::size_t room_for(const EventBody& body) noexcept {
  return std::visit(Room{}, body);
}

std::size_t room_for(const ResultEvent& result) noexcept {
  std::size_t room = kEvent + kEvent * result.errors.size();
  for (const Summary& each : result.targets) room += 2 * Room{}(each);
  if (result.replies) {
    for (const ReplyEvent& each : *result.replies) room += Room{}(each);
  }
  return room;
}

}  // namespace netecho
