#pragma once

/// \file
/// Others are told here that `serve` or `watch` is ready, and on which real endpoints.

#include <span>
#include <string>

#include "cmd/run/serve_job.hpp"
#include "core/host/sd_notify.hpp"

namespace netecho {

/// Returns the real endpoints, a line each: a newline in a path is written as \x0a, all else as it
/// is.
[[nodiscard]] std::string endpoint_lines(std::span<const Served> sockets);

/// Writes `lines`, one endpoint each, to the port file, which no sandbox would allow; an empty path
/// is none. Throws Error (io).
void announce_in_file(const std::string& port_file, const std::string& lines);

/// Writes them to the ready descriptor and closes it, unless it is a standard one; a negative one
/// is none. Throws Error (io).
void announce_at_descriptor(int ready_fd, const std::string& lines);

/// Writes them to the ready descriptor, and tells a service manager. Throws Error (io).
void announce(const ServeJob& job, const ServiceManager& manager, const std::string& lines);

}  // namespace netecho
