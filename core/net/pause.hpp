#pragma once

/// \file
/// Waits of a client between its exchanges: for time, or for a descriptor, and for Ctrl-C.

#include "core/base/units.hpp"

namespace netecho {

/// Returns at `until`. Throws Interrupted as soon as `interrupt_fd` is readable.
void pause_until(Instant until, int interrupt_fd);

/// Returns when `fd` is readable (or at its end), or at `until`. Throws Interrupted.
void wait_readable(int fd, Instant until, int interrupt_fd);

}  // namespace netecho
