#include "core/probe/due_times.hpp"

namespace netecho {

void DueTimes::add() {
  // At the end: nothing can be due later.
  place_.push_back(heap_.size());
  when_.push_back(kNever);
  heap_.push_back(static_cast<std::uint32_t>(heap_.size()));
}

void DueTimes::set(std::uint32_t id, Instant when) noexcept {
  const Instant before = when_[id];
  if (when == before) return;
  when_[id] = when;
  when < before ? rise(place_[id]) : sink(place_[id]);
}

void DueTimes::rise(std::size_t place) noexcept {
  const std::uint32_t id = heap_[place];
  while (place > 0) {
    const std::size_t parent = (place - 1) / 2;
    if (when_[heap_[parent]] <= when_[id]) break;
    put(place, heap_[parent]);
    place = parent;
  }
  put(place, id);
}

void DueTimes::sink(std::size_t place) noexcept {
  const std::uint32_t id = heap_[place];
  for (std::size_t child = 2 * place + 1; child < heap_.size(); child = 2 * place + 1) {
    if (child + 1 < heap_.size() && when_[heap_[child + 1]] < when_[heap_[child]]) ++child;
    if (when_[id] <= when_[heap_[child]]) break;
    put(place, heap_[child]);
    place = child;
  }
  put(place, id);
}

void DueTimes::collect(Instant now, std::vector<std::uint32_t>& out) const {
  const auto is_due = [&](std::size_t place) {
    return place < heap_.size() && when_[heap_[place]] <= now;
  };
  // Places first, each of which leads to those below it; then the ids that are there.
  const std::size_t first = out.size();
  if (is_due(0)) out.push_back(0);
  for (std::size_t i = first; i < out.size(); ++i) {
    const std::size_t below = 2 * std::size_t{out[i]} + 1;
    if (is_due(below)) out.push_back(static_cast<std::uint32_t>(below));
    if (is_due(below + 1)) out.push_back(static_cast<std::uint32_t>(below + 1));
  }
  for (std::size_t i = first; i < out.size(); ++i) out[i] = heap_[out[i]];
}

}  // namespace netecho
