#pragma once

/// \file
/// `serve --impair SPEC` is checked against the endpoints, and the log says what it means for them.

#include <span>

#include "cmd/run/serve_job.hpp"

namespace netecho {

/// Is called before anything is opened. Loss, dup and reorder on streams alone is a usage Error;
/// where some endpoints are streams, a warning names them.
void check_impairment(const ServeJob& job, std::span<const Endpoint> endpoints);

/// Does the same for sockets that were inherited: what they are shows only now. Then warns that
/// this server is bad on purpose, with all it takes to repeat it.
void announce_impairment(const ServeJob& job, std::span<const Served> sockets);

}  // namespace netecho
