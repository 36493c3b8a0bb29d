#pragma once

/// \file
/// Waits of a client between its exchanges: for time, or for a descriptor, and for Ctrl-C.

#include "core/base/units.hpp"

namespace netecho {

/// Returns at `until`. Throws Interrupted as soon as `interrupt_fd` is readable.
void pause_until(Instant until, int interrupt_fd);

/// Returns when `fd` is readable (or at its end), or at `until`. Throws Interrupted.
void wait_readable(int fd, Instant until, int interrupt_fd);

/// As wait_readable(), and true as soon as the peer of `connection` has ended it or will send no
/// more. What it sends meanwhile stays there. -1: there is no connection.
[[nodiscard]] bool wait_readable_or_ended(int fd, int connection, Instant until, int interrupt_fd);

}  // namespace netecho
