#pragma once

/// \file
/// The only place where a client engine sleeps or spins. A simulation jumps to its next event
/// instead; no engine loops on the clock.

#include <cstdint>
#include <span>

#include "core/base/units.hpp"
#include "core/facts/summary.hpp"
#include "core/measure/histogram.hpp"
#include "core/seam/message_port.hpp"

namespace netecho {

struct Wake {
  std::span<const std::uint32_t> ready;  ///< Ids of ports that may have something; may be empty.
  bool interrupted = false;              ///< SIGINT, SIGTERM … since the last wait.
  bool report_requested = false;         ///< SIGQUIT since the last wait.
};

/// When a wait ends at the latest. What is not due exactly then isn't worth spinning for.
struct WakeTime {
  WakeTime(Instant when, bool exactly = true) noexcept : at{when}, exact{exactly} {}

  Instant at;
  bool exact;
};

class Waiter {
 public:
  virtual ~Waiter() = default;
  /// `port` must outlive its watch; `id` is what Wake::ready names.
  virtual void watch(MessagePort& port, std::uint32_t id) = 0;
  virtual void unwatch(MessagePort& port) = 0;
  /// To be told when what a watched port waits for (MessagePort::wants_write) may have changed:
  /// nobody asks all of them before each wait.
  virtual void interest_changed(MessagePort& port) { static_cast<void>(port); }
  /// Returns when a watched port is ready, at `deadline`, or on a signal. `block` sleeps, then
  /// spins close to an exact deadline; `spin` never sleeps. While it spins it may return at once,
  /// and name ports to be tried.
  /// Throws SysError if the system can't wait.
  virtual Wake wait(WakeTime deadline, WaitMode mode) = 0;
  /// How late the kernel ended sleeps so far; null where nobody sleeps.
  [[nodiscard]] virtual const Histogram* wake_up_latency() const noexcept { return nullptr; }
};

}  // namespace netecho
