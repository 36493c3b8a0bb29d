#include "core/codec/session_table.hpp"

#include <algorithm>
#include <bit>

#include "core/base/random.hpp"

namespace netecho {

SessionTable::SessionTable(std::uint64_t secret, std::size_t capacity)
    : secret_{secret},
      sets_(std::bit_ceil(std::max<std::size_t>((capacity + kWays - 1) / kWays, 1))) {}

std::size_t SessionTable::index_of(std::uint64_t session) const noexcept {
  return static_cast<std::size_t>(SplitMix64{session ^ secret_}.next() & (sets_.size() - 1));
}

bool SessionTable::is_news(std::uint64_t session, Sequence sequence) const noexcept {
  const Set& set = sets_[index_of(session)];
  for (std::uint8_t place = 0; place < set.used; ++place) {
    const std::uint8_t way = set.order[place];
    if (set.sessions[way] != session) continue;
    const Entry& entry = set.entries[way];
    if (sequence.value > entry.highest) return true;
    const std::uint64_t age = entry.highest - sequence.value;
    return age < kWindow && (entry.window >> age & 1U) == 0;
  }
  return false;
}

SessionTable::Entry* SessionTable::find(std::uint64_t session) noexcept {
  Set& set = set_of(session);
  for (std::uint8_t place = 0; place < set.used; ++place) {
    const std::uint8_t way = set.order[place];
    if (set.sessions[way] != session) continue;
    std::copy_backward(set.order.begin(), set.order.begin() + place, set.order.begin() + place + 1);
    set.order[0] = way;
    return &set.entries[way];
  }
  return nullptr;
}

std::uint64_t SessionTable::enter(std::uint64_t session, std::uint64_t sequence) noexcept {
  Set& set = set_of(session);
  const bool full = set.used == kWays;
  const std::uint8_t way = full ? set.order.back() : set.used++;
  std::copy_backward(set.order.begin(), set.order.end() - 1, set.order.end());
  set.order[0] = way;
  set.sessions[way] = session;
  set.entries[way] = Entry{.highest = sequence, .window = 1, .count = 1};
  return 1;
}

std::uint64_t SessionTable::note(Entry& entry, std::uint64_t sequence) noexcept {
  if (sequence > entry.highest) {
    const std::uint64_t advance = sequence - entry.highest;
    entry.window = advance < kWindow ? (entry.window << advance) | 1U : 1U;
    entry.highest = sequence;
    return ++entry.count;
  }
  const std::uint64_t age = entry.highest - sequence;
  if (age >= kWindow) return entry.count;
  const std::uint64_t bit = std::uint64_t{1} << age;
  if ((entry.window & bit) == 0) ++entry.count;
  entry.window |= bit;
  return entry.count;
}

}  // namespace netecho
