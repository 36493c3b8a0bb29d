#pragma once

/// \file
/// What `watch` says of itself: `netecho_watch_*`.

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "core/report/prometheus_text.hpp"

namespace netecho {

struct WatchMetrics {
  std::uint64_t targets = 0;  ///< Those of the list.
  bool reload_successful = true;
  std::optional<WallTime> reloaded{};                       ///< When a list was taken last.
  std::map<std::string, std::uint64_t> resolve_failures{};  ///< By host.
};

void append_watch_metrics(std::string& out, const WatchMetrics& watch, Exposition exposition);

}  // namespace netecho
