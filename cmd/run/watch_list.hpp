#pragma once

/// \file
/// The targets of `watch` as a file and a command line name them, checked.

#include <string>
#include <vector>

#include "cmd/run/watch_job.hpp"

namespace netecho {

/// Reads the list of a job, and returns the targets that are to be probed. Throws Error: io if the
/// file can't be read, usage if anything of it is broken.
[[nodiscard]] std::vector<WatchTarget> read_watch_list(const WatchJob& job);

}  // namespace netecho
