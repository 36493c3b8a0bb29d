#pragma once

/// \file
/// Options of `serve` that say who may use it, and how much, are checked against its endpoints.

#include <span>

#include "cmd/run/serve_job.hpp"

namespace netecho {

/// Is called before anything is opened. An option that no endpoint can honor is a usage Error; a
/// warning names those that a rule about sources leaves open to everybody.
void check_source_options(const SourcesTyped& typed, std::span<const Endpoint> endpoints);

}  // namespace netecho
