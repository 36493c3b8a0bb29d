#include "core/net/own_addresses.hpp"

#include <ifaddrs.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace netecho {
namespace {

constexpr Duration kBetweenLooks = std::chrono::seconds{1};

UniqueFd subscribe() noexcept {
  UniqueFd fd{::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE)};
  sockaddr_nl self{};
  self.nl_family = AF_NETLINK;
  self.nl_groups = RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR;
  const bool bound =
      fd.valid() && ::bind(fd.get(), reinterpret_cast<sockaddr*>(&self), sizeof self) == 0;
  return bound ? std::move(fd) : UniqueFd{};
}

}  // namespace

// The subscription comes before the reading, so that no change can fall between them.
OwnAddresses::OwnAddresses() : changes_{subscribe()} {
  read_all();
}

bool OwnAddresses::contain(const IpNumber& address) const noexcept {
  return address.is_loopback() || std::binary_search(addresses_.begin(), addresses_.end(), address);
}

void OwnAddresses::read_all() {
  ifaddrs* all = nullptr;
  if (::getifaddrs(&all) != 0) return;  // What was known is the best there is.
  addresses_.clear();
  for (const ifaddrs* each = all; each != nullptr; each = each->ifa_next) {
    if (each->ifa_addr == nullptr) continue;
    const IpNumber address = ip_number(*each->ifa_addr);
    if (address.is_unicast()) addresses_.push_back(address);
  }
  ::freeifaddrs(all);
  std::sort(addresses_.begin(), addresses_.end());
}

void OwnAddresses::look(Instant now) noexcept {
  next_look_ = changes_.valid() ? now + kBetweenLooks : kNever;
  std::array<std::byte, 4096> notice;
  bool changed = false;
  // Whatever it is, something has changed; a full queue (ENOBUFS) means that notices were lost.
  while (::recv(changes_.get(), notice.data(), notice.size(), 0) > 0 || errno == ENOBUFS) {
    changed = true;
    errno = 0;
  }
  if (changed) read_all();
}

}  // namespace netecho
