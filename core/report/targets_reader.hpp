#pragma once

/// \file
/// Reads a list of targets: the JSON of Prometheus' file-based service discovery (file_sd).

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "core/facts/watch_target.hpp"

namespace netecho {

inline constexpr std::size_t kMaxTargetsBytes = 16 * 1024 * 1024;
inline constexpr std::size_t kMaxWatchTargets = 100'000;
/// The names and values of all exported labels of a target together.
inline constexpr std::size_t kMaxLabelBytes = 1024;
/// The largest probe that `watch` sends.
inline constexpr std::uint32_t kMaxWatchBytes = 65'536;
inline constexpr std::uint32_t kMaxWatchFlows = 64;

/// Returns the targets in the order of the file. All or nothing: throws a usage Error whose subject
/// is `name`, and whose reason begins with the line: "line 712: …". Endpoints are not looked at.
[[nodiscard]] std::vector<WatchTarget> read_targets(std::string_view text, const std::string& name);

}  // namespace netecho
