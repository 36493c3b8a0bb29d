#pragma once

/// \file
/// The number of descriptors that this process may open bounds how many connections it can take.

#include <cstdint>

namespace netecho {

/// Besides served sockets, so many descriptors are kept free of connections: for standard streams,
/// epoll, signals, what announces readiness, and a few to spare.
inline constexpr std::uint64_t kOtherDescriptors = 16;

/// Returns how many of `wanted` connections, at least 1, fit under RLIMIT_NOFILE besides `other`
/// descriptors. Raises the soft limit toward the hard one when that is needed. Throws SysError.
[[nodiscard]] std::uint64_t fit_connections(std::uint64_t wanted, std::uint64_t other);

}  // namespace netecho
