#include "core/net/kernel_stamps.hpp"

#include <linux/errqueue.h>
#include <linux/net_tstamp.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cstring>

#include "core/base/error.hpp"

namespace netecho {
namespace {

template <typename Value>
Value payload_of(const cmsghdr* control) noexcept {
  Value value{};
  std::memcpy(&value, CMSG_DATA(control), sizeof value);
  return value;
}

}  // namespace

KernelStamps::KernelStamps(int fd, std::size_t kept)
    : ring_(std::bit_ceil(std::max<std::size_t>(kept, 1))) {
  const int flags = SOF_TIMESTAMPING_SOFTWARE | SOF_TIMESTAMPING_RX_SOFTWARE |
                    SOF_TIMESTAMPING_TX_SOFTWARE | SOF_TIMESTAMPING_OPT_ID |
                    SOF_TIMESTAMPING_OPT_TSONLY;
  checked("setsockopt", "SO_TIMESTAMPING",
          [&] { return ::setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPING, &flags, sizeof flags); });
}

std::optional<WallTime> KernelStamps::received(msghdr& header) noexcept {
  for (cmsghdr* c = CMSG_FIRSTHDR(&header); c != nullptr; c = CMSG_NXTHDR(&header, c)) {
    if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SO_TIMESTAMPING) continue;
    const timespec software = payload_of<scm_timestamping>(c).ts[0];
    if (software.tv_sec == 0 && software.tv_nsec == 0) return std::nullopt;
    return WallTime{std::chrono::seconds{software.tv_sec} + Duration{software.tv_nsec}};
  }
  return std::nullopt;
}

bool KernelStamps::take(msghdr& header) noexcept {
  for (cmsghdr* c = CMSG_FIRSTHDR(&header); c != nullptr; c = CMSG_NXTHDR(&header, c)) {
    const bool v4 = c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_RECVERR;
    const bool v6 = c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_RECVERR;
    if (!v4 && !v6) continue;
    const auto detail = payload_of<sock_extended_err>(c);
    if (detail.ee_origin != SO_EE_ORIGIN_TIMESTAMPING) return false;
    ring_[detail.ee_data & (ring_.size() - 1)] = {detail.ee_data, received(header)};
    return true;
  }
  return false;
}

void KernelStamps::drain(int fd) noexcept {
  alignas(cmsghdr) std::array<std::byte, kControlBytes> control;
  while (true) {
    msghdr header{};
    header.msg_control = control.data();
    header.msg_controllen = control.size();
    if (::recvmsg(fd, &header, MSG_ERRQUEUE | MSG_DONTWAIT) >= 0) {
      take(header);
    } else if (errno != EINTR) {
      return;
    }
  }
}

std::optional<WallTime> KernelStamps::sent(std::uint32_t key) const noexcept {
  const Stamp& stamp = ring_[key & (ring_.size() - 1)];
  return stamp.key == key ? stamp.at : std::nullopt;
}

}  // namespace netecho
