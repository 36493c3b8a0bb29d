#include "core/net/ip_number.hpp"

#include <arpa/inet.h>
#include <endian.h>
#include <netinet/in.h>

#include <array>
#include <cstddef>
#include <cstring>

namespace netecho {

IpNumber ip_number(const sockaddr& address) noexcept {
  if (address.sa_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, &address, sizeof v4);
    return IpNumber::of_v4(ntohl(v4.sin_addr.s_addr));
  }
  if (address.sa_family != AF_INET6) return {};
  sockaddr_in6 v6{};
  std::memcpy(&v6, &address, sizeof v6);
  std::uint64_t halves[2];
  std::memcpy(halves, &v6.sin6_addr, sizeof halves);
  return {be64toh(halves[0]), be64toh(halves[1])};
}

std::uint16_t ip_port(const sockaddr& address) noexcept {
  // Both families have it in the same place.
  static_assert(offsetof(sockaddr_in, sin_port) == offsetof(sockaddr_in6, sin6_port));
  if (address.sa_family != AF_INET && address.sa_family != AF_INET6) return 0;
  sockaddr_in v4{};
  std::memcpy(&v4, &address, sizeof v4);
  return ntohs(v4.sin_port);
}

std::string numeric(const IpNumber& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (address.is_v4()) {
    const in_addr v4{htonl(address.v4())};
    ::inet_ntop(AF_INET, &v4, text.data(), text.size());
    return text.data();
  }
  const std::uint64_t halves[2] = {htobe64(address.high), htobe64(address.low)};
  ::inet_ntop(AF_INET6, halves, text.data(), text.size());
  return text.data();
}

}  // namespace netecho
