#pragma once

/// \file
/// Between exchanges a client waits for time or for a descriptor, and always for Ctrl-C.

#include "core/base/units.hpp"

namespace netecho {

/// Returns at `until`. Throws Interrupted as soon as `interrupt_fd` is readable.
void pause_until(Instant until, int interrupt_fd);

/// Returns when `fd` is readable (or at its end), or at `until`. Throws Interrupted.
void wait_readable(int fd, Instant until, int interrupt_fd);

/// Waits like wait_readable(), and returns true as soon as the peer of `connection` (-1: none) has
/// ended it or will send no more. What the peer sends meanwhile stays in the socket.
[[nodiscard]] bool wait_readable_or_ended(int fd, int connection, Instant until, int interrupt_fd);

}  // namespace netecho
