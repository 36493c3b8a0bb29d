#pragma once

/// \file
/// Waits for descriptors with a deadline. This is for set-up code; the data path uses the reactor.

#include <poll.h>

#include <span>
#include <string>

#include "core/base/units.hpp"

namespace netecho {

/// Returns `now + duration`, at most kNever.
[[nodiscard]] Instant deadline_after(Instant now, Duration duration) noexcept;

/// Shows a limit as it was set, without trailing zeros: `5 s`, `1.5 s`, `250 ms`.
[[nodiscard]] std::string format_limit(Duration duration);

/// Calls ppoll(2) until `deadline` (kNever: without one), again after EINTR. A descriptor of -1 is
/// left out. Returns how many are ready; 0 once the deadline has passed. Throws SysError.
int poll_until(std::span<pollfd> descriptors, Instant deadline);

}  // namespace netecho
