#pragma once

/// \file
/// The kernel itself knows something of the path behind a connected socket, beside what is
/// measured.

#include <cstdint>
#include <optional>

#include "core/base/units.hpp"

namespace netecho {

/// These are fields of TCP_INFO (tcp(7)).
struct TcpInfo {
  Duration rtt{};     ///< Smoothed, as the kernel's retransmission timer uses it.
  Duration rttvar{};  ///< Its mean deviation.
  std::uint64_t retransmits_total = 0;
  std::uint64_t cwnd = 0;  ///< Segments.
  std::uint64_t mss_bytes = 0;
  std::uint64_t path_mtu_bytes = 0;
};

/// This is what became of a connection that asked for MPTCP (RFC 8684).
struct MptcpInfo {
  bool fallback = false;       ///< It is plain TCP: the peer or something on the way has no MPTCP.
  std::uint64_t subflows = 0;  ///< TCP connections that it goes over, the first included.
};

struct PathInfo {
  std::optional<TcpInfo> tcp_info;
  std::optional<std::uint64_t> path_mtu_bytes;  ///< IP_MTU, IPV6_MTU (ip(7), ipv6(7)).
  std::optional<MptcpInfo> mptcp;               ///< None while that is not known.
};

/// A member is empty where the socket has no such thing (unix), is not connected, or `fd` is none.
[[nodiscard]] PathInfo path_info(int fd) noexcept;

}  // namespace netecho
