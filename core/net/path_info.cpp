#include "core/net/path_info.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

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

}  // namespace

PathInfo path_info(int fd) noexcept {
  const auto domain = option<int>(fd, SOL_SOCKET, SO_DOMAIN);
  if (domain != AF_INET && domain != AF_INET6) return {};
  PathInfo out;
  out.path_mtu_bytes = path_mtu(fd, *domain);
  if (option<int>(fd, SOL_SOCKET, SO_PROTOCOL) == IPPROTO_TCP) out.tcp_info = tcp_info(fd);
  return out;
}

}  // namespace netecho
