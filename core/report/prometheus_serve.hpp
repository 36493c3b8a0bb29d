#pragma once

/// \file
/// The metrics of `serve` (docs/metrics.md).

#include <span>
#include <string>

#include "core/facts/server_stats.hpp"
#include "core/report/prometheus_text.hpp"

namespace netecho {

/// Appends what `serve` counts, a series an endpoint. Sockets that share an endpoint are one.
void append_serve_metrics(std::string& out, std::span<const EndpointStats> endpoints,
                          Exposition exposition);

}  // namespace netecho
