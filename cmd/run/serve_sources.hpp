#pragma once

/// \file
/// Who may use a server and how much of it: those options of `serve` as values, and which endpoints
/// they mean something for.

#include <span>

#include "cmd/run/serve_job.hpp"

namespace netecho {

/// Both throw a usage Error.
[[nodiscard]] SourceRules source_rules_value(const SourcesTyped& typed);
void read_source_limits(const SourcesTyped& typed, ServerOptions& out);

/// Before anything is opened: an option that no endpoint can honour is a usage Error. A warning
/// names those that a rule about sources leaves open to everybody.
void check_source_options(const SourcesTyped& typed, std::span<const Endpoint> endpoints);

}  // namespace netecho
