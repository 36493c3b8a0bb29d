#pragma once

/// \file
/// An engine knows no more than this of who reads its events.

#include <cstdint>

#include "core/facts/events.hpp"

namespace netecho {

/// Engines put their events here. It never blocks the caller for its reader's sake.
class EventSink {
 public:
  virtual ~EventSink() = default;
  virtual void emit(Event event) = 0;
  /// How many events a full queue did not take (`events_dropped_total`).
  [[nodiscard]] virtual std::uint64_t dropped_total() const noexcept { return 0; }
  /// True once events reach nobody any more.
  [[nodiscard]] virtual bool gone() const noexcept { return false; }
  /// Returns a descriptor that becomes readable, for good, when gone() becomes true; or -1.
  [[nodiscard]] virtual int gone_fd() const noexcept { return -1; }
};

}  // namespace netecho
