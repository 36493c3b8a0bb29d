#pragma once

/// \file
/// Who may use a server and how much of it: which endpoints those options of `serve` mean something
/// for.

#include <span>

#include "cmd/run/serve_job.hpp"

namespace netecho {

/// Before anything is opened: an option that no endpoint can honour is a usage Error. A warning
/// names those that a rule about sources leaves open to everybody.
void check_source_options(const SourcesTyped& typed, std::span<const Endpoint> endpoints);

}  // namespace netecho
