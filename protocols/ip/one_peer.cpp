#include "protocols/ip/one_peer.hpp"

#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>

#include "protocols/grammar/hints.hpp"
#include "protocols/grammar/ip_rest.hpp"
#include "protocols/grammar/many_hosts.hpp"

namespace netecho {
namespace {

/// In 127/8, but nobody's own.
constexpr std::uint32_t kLoopbackBroadcastAddress = 0x7FFF'FFFF;

/// Returns the interface on whose network `address` reaches everyone; empty if there is none.
std::string broadcast_interface(const IpNumber& address) {
  if (address.is_v4() && address.v4() == kLoopbackBroadcastAddress) return "lo";
  ifaddrs* list = nullptr;
  if (::getifaddrs(&list) != 0) return {};
  const std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)> owner{list, ::freeifaddrs};
  for (const ifaddrs* each = list; each != nullptr; each = each->ifa_next) {
    const bool v4 = each->ifa_addr != nullptr && each->ifa_addr->sa_family == AF_INET;
    if (!v4 || (each->ifa_flags & IFF_BROADCAST) == 0 || each->ifa_broadaddr == nullptr) continue;
    // An address with a whole /32 has itself for that.
    if (ip_number(*each->ifa_broadaddr) == ip_number(*each->ifa_addr)) continue;
    if (ip_number(*each->ifa_broadaddr) == address) return each->ifa_name;
  }
  return {};
}

/// Returns the first interface but the loopback, as an example of a zone.
std::string some_interface() {
  struct if_nameindex* list = ::if_nameindex();
  std::string name = "eth0";
  if (list == nullptr) return name;
  const auto owner =
      std::unique_ptr<struct if_nameindex, decltype(&::if_freenameindex)>{list, ::if_freenameindex};
  for (const struct if_nameindex* each = list; each->if_index != 0; ++each) {
    if (std::strcmp(each->if_name, "lo") != 0) return each->if_name;
  }
  return name;
}

bool lacks_zone(const SocketAddress& address) noexcept {
  if (address.family() != AF_INET6) return false;
  sockaddr_in6 v6{};
  std::memcpy(&v6, address.data(), sizeof v6);
  return v6.sin6_scope_id == 0 && IN6_IS_ADDR_LINKLOCAL(&v6.sin6_addr);
}

}  // namespace

void require_zones(const Endpoint& endpoint, std::vector<SocketAddress>& addresses,
                   const SocketOptions& options) {
  if (options.interface || (options.bind && options.bind->find('%') != std::string::npos)) return;
  const bool none_left = std::all_of(addresses.begin(), addresses.end(), lacks_zone);
  if (!none_left || addresses.empty()) {
    std::erase_if(addresses, lacks_zone);
    return;
  }
  const IpRest rest = split_ip_rest(endpoint.rest);
  const std::string reason = "a link-local address needs its zone, the interface that leads to it";
  if (rest.kind != HostKind::ipv6) {
    throw Error{ErrorCategory::connect, "connect", endpoint.typed,
                addresses.front().ip() + ": " + reason, EINVAL};
  }
  IpRest fixed = rest;
  fixed.host += "%" + some_interface();
  reject_endpoint(endpoint.typed, reason,
                  hint_prefix(endpoint.scheme, endpoint.typed) + format_ip_rest(fixed));
}

std::optional<Error> broadcast_error(const Endpoint& endpoint,
                                     std::span<const SocketAddress> addresses, int error) {
  if (error != EACCES && error != ENETUNREACH) return std::nullopt;
  for (const SocketAddress& each : addresses) {
    const IpNumber number = ip_number(*each.data());
    const std::string interface = broadcast_interface(number);
    std::optional<std::string> reason;
    if (!interface.empty()) reason = "is the broadcast address of " + interface + kNameOneHost;
    if (interface.empty()) reason = why_not_one_peer(number);
    if (!reason) continue;
    return Error{ErrorCategory::connect, "connect", endpoint.typed,
                 unmapped(each).ip() + " " + *reason, error};
  }
  return std::nullopt;
}

Error connect_error(const Endpoint& endpoint, const SocketAddress& peer, int error) {
  if (auto known = broadcast_error(endpoint, std::span{&peer, 1}, error)) return *known;
  return SysError{"connect", endpoint.typed, error};
}

}  // namespace netecho
