#pragma once

/// \file
/// The open connections of one loop, and the orders in which their time ends.

#include <atomic>
#include <vector>

#include "core/serve/activity_list.hpp"

namespace netecho {

class StreamConnection;

struct OpenConnections {
  std::size_t count = 0;
  ActivityList reading;  ///< The longest silent first …
  ActivityList stalled;  ///< … but those that wait for their peer to read.
  /// The stalled ones again, the longest stalled first. A peer that takes a little keeps its place.
  ActivityList stalled_by_age;
  std::vector<StreamConnection*> holding;       ///< Those that hold back a partial header.
  std::atomic<Instant> longest_stall = kNever;  ///< When the first stalled, for all threads.

  /// Called when `stalled_by_age` has changed.
  void note_longest_stall() noexcept {
    const ActivityLink* const longest = stalled_by_age.oldest();
    longest_stall = longest != nullptr ? longest->last_active : kNever;
  }
  /// Makes room in `holding` for all connections and one more, so that to hold something cannot
  /// fail.
  void make_room_to_hold() {
    if (holding.capacity() <= count) holding.reserve(2 * count);
  }
};

}  // namespace netecho
