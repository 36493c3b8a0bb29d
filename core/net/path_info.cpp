#include "core/net/path_info.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>

namespace netecho {
namespace {

template <typename Value>
std::optional<Value> option(int fd, int level, int name) noexcept {
  Value value{};
  socklen_t size = sizeof value;
  if (::getsockopt(fd, level, name, &value, &size) != 0) return std::nullopt;
  return value;
}

std::optional<std::uint64_t> path_mtu(int fd, int domain) noexcept {
  // An IPv6 socket that speaks to a mapped IPv4 address has only the other.
  auto mtu = domain == AF_INET6 ? option<int>(fd, IPPROTO_IPV6, IPV6_MTU) : std::nullopt;
  if (!mtu) mtu = option<int>(fd, IPPROTO_IP, IP_MTU);
  if (!mtu || *mtu <= 0) return std::nullopt;
  return static_cast<std::uint64_t>(*mtu);
}

std::optional<TcpInfo> tcp_info(int fd) noexcept {
  const auto info = option<struct ::tcp_info>(fd, IPPROTO_TCP, TCP_INFO);
  if (!info) return std::nullopt;
  return TcpInfo{.rtt = std::chrono::microseconds{info->tcpi_rtt},
                 .rttvar = std::chrono::microseconds{info->tcpi_rttvar},
                 .retransmits_total = info->tcpi_total_retrans,
                 .cwnd = info->tcpi_snd_cwnd,
                 .mss_bytes = info->tcpi_snd_mss,
                 .path_mtu_bytes = info->tcpi_pmtu};
}

/// These are of linux/mptcp.h, of which headers older than the kernel know less.
constexpr int kMptcpLevel = 284;  // SOL_MPTCP
constexpr int kMptcpInfo = 1;     // MPTCP_INFO, since Linux 5.16
constexpr std::uint32_t kFellBack = 1U << 0;
constexpr std::uint32_t kPeerSpeaksIt = 1U << 1;  // Its key was received.
/// Where struct mptcp_info has them.
constexpr std::size_t kMoreSubflows = 0;  // A byte: those beside the first one.
constexpr std::size_t kFlags = 8;         // 32 bits.
constexpr std::size_t kAllSubflows = 80;  // A byte, which older kernels do not fill.

/// Whether there is no connection (any more).
bool is_closed(int fd) noexcept {
  const auto info = option<struct ::tcp_info>(fd, IPPROTO_TCP, TCP_INFO);
  return !info || info->tcpi_state == TCP_CLOSE;
}

std::optional<MptcpInfo> mptcp_info(int fd) noexcept {
  constexpr MptcpInfo kPlainTcp{.fallback = true, .subflows = 1};
  std::array<std::uint8_t, 256> info{};
  socklen_t size = info.size();
  if (::getsockopt(fd, kMptcpLevel, kMptcpInfo, info.data(), &size) != 0) {
    // A socket that fell back refuses as TCP's do. But so does one whose connection was reset, and
    // a kernel without this option, which has no TCP_INFO for MPTCP either.
    const bool refused = errno == EOPNOTSUPP || errno == ENOPROTOOPT;
    return refused && !is_closed(fd) ? std::optional{kPlainTcp} : std::nullopt;
  }
  std::uint32_t flags = 0;
  std::memcpy(&flags, info.data() + kFlags, sizeof flags);
  if ((flags & kFellBack) != 0) return kPlainTcp;
  if ((flags & kPeerSpeaksIt) == 0) return std::nullopt;
  const bool tells_all = size > kAllSubflows;
  return MptcpInfo{.fallback = false,
                   .subflows = tells_all ? info[kAllSubflows] : info[kMoreSubflows] + 1U};
}

}  // namespace

PathInfo path_info(int fd) noexcept {
  const auto domain = option<int>(fd, SOL_SOCKET, SO_DOMAIN);
  if (domain != AF_INET && domain != AF_INET6) return {};
  PathInfo out;
  out.path_mtu_bytes = path_mtu(fd, *domain);
  const auto protocol = option<int>(fd, SOL_SOCKET, SO_PROTOCOL);
  if (protocol == IPPROTO_TCP || protocol == IPPROTO_MPTCP) out.tcp_info = tcp_info(fd);
  if (protocol != IPPROTO_MPTCP) return out;
  out.mptcp = mptcp_info(fd);
  // An MPTCP socket has neither IP_MTU nor IPV6_MTU. TCP_INFO is that of its first subflow.
  if (!out.path_mtu_bytes && out.tcp_info) out.path_mtu_bytes = out.tcp_info->path_mtu_bytes;
  return out;
}

}  // namespace netecho
