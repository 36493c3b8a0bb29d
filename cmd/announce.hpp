#pragma once

/// \file
/// Telling others that `serve` is ready, and on which real endpoints.

#include <string>

#include "cmd/serve_job.hpp"

namespace netecho {

/// Writes `lines` to the port file and to the ready descriptor, and tells a service manager.
/// Throws Error (io).
void announce(const ServeJob& job, const std::string& lines);

}  // namespace netecho
