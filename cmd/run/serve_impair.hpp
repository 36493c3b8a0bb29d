#pragma once

/// \file
/// `serve --impair SPEC`: which endpoints it means something for, and what the log says of it.

#include <span>

#include "cmd/run/serve_job.hpp"

namespace netecho {

/// Before anything is opened. Loss, dup and reorder on streams alone is a usage Error; where some
/// endpoints are streams, a warning names them.
void check_impairment(const ServeJob& job, std::span<const Endpoint> endpoints);

/// The same for sockets that were inherited: what they are shows only now. Then a warning that this
/// server is bad on purpose, with all it takes to repeat it.
void announce_impairment(const ServeJob& job, std::span<const Served> sockets);

}  // namespace netecho
