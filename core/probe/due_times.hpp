#pragma once

/// \file
/// When each of many flows is due, so that a turn of the loop touches those that are and no others.

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/base/units.hpp"

namespace netecho {

/// A heap of ids, each of which knows its place in it. Only add() allocates.
class DueTimes {
 public:
  /// The next id, from 0 on: due never, until set() says when.
  void add();
  [[nodiscard]] std::size_t size() const noexcept { return heap_.size(); }

  /// REQUIRES: `id` was added. O(log n), O(1) if nothing changes.
  void set(std::uint32_t id, Instant when) noexcept;
  [[nodiscard]] Instant when(std::uint32_t id) const noexcept { return when_[id]; }
  /// The first of all; kNever if there is none.
  [[nodiscard]] Instant earliest() const noexcept {
    return heap_.empty() ? kNever : when_[heap_.front()];
  }
  /// Appends the ids that are due by then, in no order. Looks at no more than three times as many.
  /// Allocates only where `out` has no room for them.
  void collect(Instant now, std::vector<std::uint32_t>& out) const;

 private:
  void put(std::size_t place, std::uint32_t id) noexcept {
    heap_[place] = id;
    place_[id] = place;
  }
  void rise(std::size_t place) noexcept;
  void sink(std::size_t place) noexcept;

  std::vector<std::uint32_t> heap_;  ///< None is due before the one at half its place.
  std::vector<std::size_t> place_;   ///< Tells where in heap_ each id is.
  std::vector<Instant> when_;        ///< Tells when each id is due.
};

}  // namespace netecho
