#pragma once

/// \file
/// Waiting for descriptors with a deadline, for set-up code; the data path uses the reactor.

#include <poll.h>

#include <span>
#include <string>

#include "core/base/units.hpp"

namespace netecho {

/// `now + duration`, at most kNever.
[[nodiscard]] Instant deadline_after(Instant now, Duration duration) noexcept;

/// `5 s`, `1.5 s`, `250 ms`: a limit as it was set, without trailing zeros.
[[nodiscard]] std::string format_limit(Duration duration);

/// ppoll(2) until `deadline` (kNever: without one), EINTR retried. A descriptor of -1 is left out.
/// Returns how many are ready; 0 once the deadline has passed. Throws SysError.
int poll_until(std::span<pollfd> descriptors, Instant deadline);

}  // namespace netecho
