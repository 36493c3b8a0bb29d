#include "protocols/rules/datagram_rules.hpp"

#include <netinet/in.h>
#include <netinet/udp.h>

#include <algorithm>
#include <cstring>

#include "core/base/error.hpp"
#include "core/net/socket_address.hpp"

namespace netecho {
namespace {

/// Below are the ports of services: an answer to one could be taken for a request.
constexpr std::uint16_t kFirstUserPort = 1024;
/// 127.255.255.255: in 127/8, but nobody's own.
constexpr std::uint32_t kLoopbackBroadcast = 0x7FFF'FFFF;

constexpr NamedOption kReceiveTtl = NETECHO_SOCKET_OPTION(IPPROTO_IP, IP_RECVTTL);
constexpr NamedOption kReceiveHopLimit = NETECHO_SOCKET_OPTION(IPPROTO_IPV6, IPV6_RECVHOPLIMIT);
constexpr NamedOption kReceiveAddress = NETECHO_SOCKET_OPTION(IPPROTO_IP, IP_PKTINFO);
constexpr NamedOption kReceiveAddressV6 = NETECHO_SOCKET_OPTION(IPPROTO_IPV6, IPV6_RECVPKTINFO);

int hops_of(int fd, int level, int name) noexcept {
  int hops = 0;
  socklen_t size = sizeof hops;
  const bool known = ::getsockopt(fd, level, name, &hops, &size) == 0 && hops > 0;
  return known ? hops : IpDatagramRules::kMaxHops;
}

bool speaks_v4_too(int fd) noexcept {
  int only = 1;
  socklen_t size = sizeof only;
  return ::getsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &only, &size) == 0 && only == 0;
}

template <typename T>
T value_of(const cmsghdr& control) noexcept {
  T out{};
  std::memcpy(&out, CMSG_DATA(&control), sizeof out);
  return out;
}

IpNumber number_of(const in_addr& address) noexcept {
  return IpNumber::of_v4(ntohl(address.s_addr));
}
IpNumber number_of(const in6_addr& address) noexcept {
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  v6.sin6_addr = address;
  return ip_number(reinterpret_cast<const sockaddr&>(v6));
}

}  // namespace

std::uint64_t source_prefix(const IpNumber& source) noexcept {
  if (source.is_loopback()) return kLoopbackPrefix;
  constexpr std::uint64_t kV4 = std::uint64_t{4} << 56U;
  constexpr std::uint64_t kV6 = std::uint64_t{6} << 56U;
  return source.is_v4() ? kV4 | source.v4() >> 8U : kV6 | source.high >> 8U;
}

/// Control data of a reply, in the place it is given.
class IpDatagramRules::ReplyControl {
 public:
  explicit ReplyControl(std::span<std::byte> room) noexcept : room_{room} {}

  template <typename T>
  void add(int level, int type, const T& value) noexcept {
    if (room_.size() - size_ < CMSG_SPACE(sizeof value)) return;
    cmsghdr header{};
    header.cmsg_len = CMSG_LEN(sizeof value);
    header.cmsg_level = level;
    header.cmsg_type = type;
    std::memcpy(&room_[size_], &header, sizeof header);
    std::memcpy(&room_[size_ + CMSG_LEN(0)], &value, sizeof value);
    size_ += CMSG_SPACE(sizeof value);
  }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }

 private:
  std::span<std::byte> room_;
  std::size_t size_ = 0;
};

IpDatagramRules::IpDatagramRules(int fd, SourceRules rules, std::string_view subject,
                                 const SocketNotes& notes)
    : rules_{std::move(rules)} {
  const SocketAddress local = local_address(fd);
  const bool v6 = local.family() == AF_INET6;
  // Without the hop limit no loop would end, so there is no doing without it.
  set_needed(fd, v6 ? kReceiveHopLimit : kReceiveTtl, 1, subject);
  configured_hops_ =
      v6 ? hops_of(fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS) : hops_of(fd, IPPROTO_IP, IP_TTL);
  configured_hops_v4_ = hops_of(fd, IPPROTO_IP, IP_TTL);
  if (v6 && speaks_v4_too(fd)) set_needed(fd, kReceiveTtl, 1, subject);
  // A socket that is bound to one of this host's addresses gets only what was sent to that; only
  // another one has to be told, which costs on every datagram.
  const IpNumber bound = ip_number(*local.data());
  const bool known = own_.contain(bound) && !(bound.is_v4() && bound.v4() == kLoopbackBroadcast);
  if (!known) set_needed(fd, v6 ? kReceiveAddressV6 : kReceiveAddress, 1, subject);
  set_if_possible(fd, NETECHO_SOCKET_OPTION(SOL_SOCKET, SO_RXQ_OVFL), 1, subject, notes);
}

/// "Received on this address" becomes "send from this address".
IpDatagramRules::Delivery IpDatagramRules::read(const msghdr& message,
                                                ReplyControl& control) noexcept {
  Delivery out;
  auto* header = const_cast<msghdr*>(&message);  // CMSG_NXTHDR wants it, and changes nothing.
  for (const cmsghdr* each = CMSG_FIRSTHDR(header); each != nullptr;
       each = CMSG_NXTHDR(header, const_cast<cmsghdr*>(each))) {
    if (each->cmsg_level == SOL_SOCKET && each->cmsg_type == SO_RXQ_OVFL) {
      count_drops(value_of<std::uint32_t>(*each));
    } else if (each->cmsg_level == IPPROTO_IP && each->cmsg_type == IP_TTL) {
      out.hops = value_of<int>(*each);
      out.v4_hops = true;
    } else if (each->cmsg_level == IPPROTO_IPV6 && each->cmsg_type == IPV6_HOPLIMIT) {
      out.hops = value_of<int>(*each);
    } else if (each->cmsg_level == IPPROTO_IP && each->cmsg_type == IP_PKTINFO) {
      auto info = value_of<in_pktinfo>(*each);
      // For a broadcast the kernel offers another address of its own to answer from.
      out.unicast = info.ipi_addr.s_addr == info.ipi_spec_dst.s_addr;
      out.to = number_of(info.ipi_addr);
      info.ipi_ifindex = 0;  // The route decides.
      control.add(IPPROTO_IP, IP_PKTINFO, info);
    } else if (each->cmsg_level == IPPROTO_IPV6 && each->cmsg_type == IPV6_PKTINFO) {
      auto info = value_of<in6_pktinfo>(*each);
      out.to = number_of(info.ipi6_addr);
      if (!IN6_IS_ADDR_LINKLOCAL(&info.ipi6_addr)) info.ipi6_ifindex = 0;
      control.add(IPPROTO_IPV6, IPV6_PKTINFO, info);
    } else if (each->cmsg_level == IPPROTO_UDP && each->cmsg_type == UDP_GRO) {
      out.segment_size = static_cast<std::uint32_t>(std::max(value_of<int>(*each), 0));
    }
  }
  if (out.to && !out.to->is_unicast()) out.unicast = false;
  return out;
}

Refusal IpDatagramRules::refusal(const sockaddr& from, const IpNumber& source,
                                 const Delivery& delivery, bool own) const noexcept {
  const std::uint16_t port = ip_port(from);
  if (!delivery.unicast || !source.is_unicast()) return Refusal::not_unicast;
  if (!rules_.allow(source)) return Refusal::not_allowed;
  // Nothing can be sent to port 0, whatever is allowed.
  if (port == 0 || (port < kFirstUserPort && !rules_.any_port)) return Refusal::source_port;
  if (own && delivery.hops == kLoopMark) return Refusal::loop;
  return delivery.hops <= 1 ? Refusal::hop_limit : Refusal::none;
}

std::size_t IpDatagramRules::judge(const msghdr& message, Slot& slot,
                                   std::span<std::byte> reply) noexcept {
  ReplyControl control{reply};
  const Delivery delivery = read(message, control);
  const auto& from = *static_cast<const sockaddr*>(message.msg_name);
  const IpNumber source = ip_number(from);
  const bool own = own_.contain(source) || (delivery.to && *delivery.to == source);
  slot.source_prefix = source_prefix(source);
  slot.segment_size = delivery.segment_size;
  slot.refused = refusal(from, source, delivery, own);

  const int configured = delivery.v4_hops ? configured_hops_v4_ : configured_hops_;
  const int hops = own ? kLoopMark : std::min({configured, kMaxHops, delivery.hops - 1});
  control.add(delivery.v4_hops ? IPPROTO_IP : IPPROTO_IPV6,
              delivery.v4_hops ? IP_TTL : IPV6_HOPLIMIT, hops);
  return control.size();
}

/// The kernel's count of 32 bits starts anew after them.
void IpDatagramRules::count_drops(std::uint32_t total) noexcept {
  kernel_drops_ += total - last_drops_;
  last_drops_ = total;
}

}  // namespace netecho
