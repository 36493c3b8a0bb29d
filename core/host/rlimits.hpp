#pragma once

/// \file
/// How many descriptors this process may open, which bounds how many connections it can take.

#include <cstdint>

namespace netecho {

/// Kept free of connections beside the sockets that are served: standard streams, epoll, signals,
/// what announces readiness, and a few to spare.
inline constexpr std::uint64_t kOtherDescriptors = 16;

/// How many of `wanted` connections fit under RLIMIT_NOFILE beside `other` descriptors; raises the
/// soft limit towards the hard one when that is needed. At least 1. Throws SysError.
[[nodiscard]] std::uint64_t fit_connections(std::uint64_t wanted, std::uint64_t other);

}  // namespace netecho
