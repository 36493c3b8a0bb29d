#pragma once

/// \file
/// What `watch` gives up between opening what it needs and probing.

#include <vector>

#include "cmd/run/watch_job.hpp"
#include "core/host/privileges.hpp"

namespace netecho {

/// Becomes the user, and keeps CAP_NET_RAW if one of the targets needs it. Throws Error
/// (permission).
void leave_root_to_watch(const User& user, const std::vector<WatchTarget>& targets);

/// As check_sandbox() and enter_sandbox(): sockets can still be made, the folder of the targets and
/// what a resolver needs be read, and nothing be written.
void check_watch_sandbox(const WatchJob& job);
void enter_watch_sandbox(const WatchJob& job);

}  // namespace netecho
