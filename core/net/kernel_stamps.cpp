#include "core/net/kernel_stamps.hpp"

#include <linux/errqueue.h>
#include <linux/if_packet.h>
#include <linux/net_tstamp.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cstring>
#include <ctime>

#include "core/base/error.hpp"
#include "core/base/unique_fd.hpp"

namespace netecho {
namespace {

template <typename Value>
Value payload_of(const cmsghdr* control) noexcept {
  Value value{};
  std::memcpy(&value, CMSG_DATA(control), sizeof value);
  return value;
}

void turn_on(int fd, int flags) {
  checked("setsockopt SO_TIMESTAMPING", "",
          [&] { return ::setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPING, &flags, sizeof flags); });
}

/// Makes a datagram socket on the loopback interface whose peer is itself; none without IPv4.
std::optional<UniqueFd> socket_to_itself() {
  UniqueFd fd{::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  socklen_t size = sizeof address;
  if (!fd.valid() || ::bind(fd.get(), generic, size) != 0 ||
      ::getsockname(fd.get(), generic, &size) != 0 || ::connect(fd.get(), generic, size) != 0) {
    return std::nullopt;
  }
  return fd;
}

/// Whether what arrives just now is stamped.
bool arrivals_are_stamped(int self) noexcept {
  alignas(cmsghdr) std::array<std::byte, KernelStamps::kControlBytes> control;
  msghdr header{};
  header.msg_control = control.data();
  header.msg_controllen = control.size();
  return ::send(self, nullptr, 0, MSG_NOSIGNAL) == 0 && ::recvmsg(self, &header, 0) == 0 &&
         KernelStamps::received(header).has_value();
}

/// The first socket of a machine that wants arrivals stamped makes the kernel begin with it, which
/// it does a moment later, from a work queue: measured, every other first reply had no stamp.
void wait_for_arrivals_to_be_stamped() {
  constexpr int kTries = 5000;  // A second; a busy machine gets to that queue late.
  constexpr timespec kPause{.tv_sec = 0, .tv_nsec = 200'000};
  const auto self = socket_to_itself();
  if (!self) return;
  turn_on(self->get(), SOF_TIMESTAMPING_SOFTWARE | SOF_TIMESTAMPING_RX_SOFTWARE);
  for (int i = 0; i < kTries && !arrivals_are_stamped(self->get()); ++i) {
    ::nanosleep(&kPause, nullptr);
  }
}

}  // namespace

KernelStamps::KernelStamps(int fd, std::size_t kept)
    : ring_(std::bit_ceil(std::max<std::size_t>(kept, 1))), keys_(ring_.size()) {
  turn_on(fd, SOF_TIMESTAMPING_SOFTWARE | SOF_TIMESTAMPING_RX_SOFTWARE |
                  SOF_TIMESTAMPING_TX_SOFTWARE | SOF_TIMESTAMPING_OPT_ID |
                  SOF_TIMESTAMPING_OPT_TSONLY);
  wait_for_arrivals_to_be_stamped();
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
    const bool link = c->cmsg_level == SOL_PACKET && c->cmsg_type == PACKET_TX_TIMESTAMP;
    if (!v4 && !v6 && !link) continue;
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

void KernelStamps::numbered(bool left) noexcept {
  if (left) keys_[left_++ & (keys_.size() - 1)] = next_key_;
  ++next_key_;
}

std::optional<WallTime> KernelStamps::sent_datagram(std::uint64_t ordinal) const noexcept {
  if (ordinal >= left_ || left_ - ordinal > keys_.size()) return std::nullopt;
  return sent(keys_[ordinal & (keys_.size() - 1)]);
}

std::optional<WallTime> KernelStamps::sent(std::uint32_t key) const noexcept {
  const Stamp& stamp = ring_[key & (ring_.size() - 1)];
  return stamp.key == key ? stamp.at : std::nullopt;
}

}  // namespace netecho
