#pragma once

/// \file
/// How many processors this process may use: what it may run on, and how much of that it may take.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace netecho {

/// Returns how many processors `text`, the content of a cgroup's cpu.max, lets its processes keep
/// busy: `QUOTA PERIOD`, both in the same unit, rounded down but at least 1. None if it is
/// `max PERIOD`, or not understood: then it limits nothing. Source: cgroup-v2.rst of the kernel.
[[nodiscard]] std::optional<std::size_t> processors_of_quota(std::string_view text) noexcept;

/// Returns the paths of the cgroup that `text`, the content of /proc/self/cgroup, names for version
/// 2, and of all that it is in: `/a/b`, `/a` and an empty one. None without version 2.
/// Source: cgroups(7).
[[nodiscard]] std::vector<std::string> cgroup_paths(std::string_view text);

/// Returns on how many processors this process can be busy at once, at least 1: the fewest that its
/// affinity and the quotas of its cgroups (version 2) allow. What cannot be read limits nothing.
[[nodiscard]] std::size_t usable_processors();

}  // namespace netecho
