#pragma once

/// \file
/// Waits for a few descriptors on the data path, as Epoll does for many.

#include <poll.h>

#include <optional>
#include <span>

#include "core/base/units.hpp"

namespace netecho {

class Poll {
 public:
  /// Waits at most `timeout` (none: forever), sets `revents`, and returns how many of `descriptors`
  /// are ready. It is 0 before the time is over if a signal ended the wait, or a failure that may
  /// pass. Throws SysError if the failure does not pass.
  [[nodiscard]] int wait(std::span<pollfd> descriptors, std::optional<Duration> timeout);

 private:
  int failures_ = 0;  ///< In a row.
};

}  // namespace netecho
