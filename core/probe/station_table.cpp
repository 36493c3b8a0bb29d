#include "core/probe/station_table.hpp"

#include <algorithm>
#include <utility>

namespace netecho {

bool SequenceWindow::test_and_set(std::uint64_t sequence) noexcept {
  std::uint64_t& word = bits_[sequence % kSequences / 64];
  const std::uint64_t bit = std::uint64_t{1} << sequence % 64;
  const bool fresh = (word & bit) == 0;
  word |= bit;
  return fresh;
}

bool SequenceWindow::first_time(Sequence sequence) noexcept {
  const std::uint64_t value = sequence.value;
  if (highest_ && value <= *highest_) {
    return *highest_ - value < kSequences && test_and_set(value);
  }
  // The places of those in between were those of older ones.
  const std::uint64_t from = highest_ ? *highest_ + 1 : value;
  if (value - from >= kSequences) {
    bits_.fill(0);
  } else {
    for (std::uint64_t i = from; i <= value; ++i) {
      bits_[i % kSequences / 64] &= ~(std::uint64_t{1} << i % 64);
    }
  }
  highest_ = value;
  return test_and_set(value);
}

void StationCounts::add(const StationCounts& other) {
  received += other.received;
  duplicates += other.duplicates;
  rtt.merge(other.rtt);
}

StationTable::Station* StationTable::find(const Stations& port, std::size_t index) {
  const PeerRef ref = port.station(index);
  const auto found =
      std::ranges::find_if(stations_, [&](const Station& each) { return each.ref.same_peer(ref); });
  if (found != stations_.end()) return &*found;
  if (stations_.size() == kMost) return nullptr;
  return &stations_.emplace_back(Station{.ref = ref, .description = port.description(ref)});
}

std::vector<StationResult> StationTable::whole() const {
  std::vector<StationResult> out;
  for (const Station& each : stations_) {
    StationResult& result = out.emplace_back();
    result.address = each.description.address.value_or("");
    result.counts.add(each.past);
    result.counts.add(each.period);
  }
  return out;
}

std::vector<StationResult> StationTable::end_period() {
  std::vector<StationResult> out;
  for (Station& each : stations_) {
    each.past.add(each.period);
    StationResult& result = out.emplace_back();
    result.address = each.description.address.value_or("");
    result.counts = std::exchange(each.period, StationCounts{});
  }
  return out;
}

void merge_stations(std::vector<StationResult>& into, const std::vector<StationResult>& other) {
  for (const StationResult& each : other) {
    auto found = std::ranges::find(into, each.address, &StationResult::address);
    if (found == into.end()) {
      into.emplace_back().address = each.address;
      found = into.end() - 1;
    }
    found->counts.add(each.counts);
  }
}

}  // namespace netecho
