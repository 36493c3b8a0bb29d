#include "protocols/grammar/many_hosts.hpp"

namespace netecho {
namespace {

constexpr std::uint32_t kEveryone = 0xFFFF'FFFF;

}  // namespace

std::optional<std::string> why_not_one_peer(const IpNumber& address) {
  if (address.is_v4() && address.v4() == kEveryone) {
    return std::string{"is the broadcast address"} + kNameOneHost;
  }
  const bool multicast = address.is_v4() ? address.v4() >> 28U == 0xE : address.high >> 56U == 0xFF;
  if (!multicast) return std::nullopt;
  return std::string{"is a multicast address"} + kNameOneHost;
}

}  // namespace netecho
