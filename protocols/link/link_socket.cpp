#include "protocols/link/link_socket.hpp"

#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <linux/sock_diag.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <optional>

#include "core/base/error.hpp"
#include "protocols/message/receive_buffer.hpp"

namespace netecho {
namespace {

constexpr Duration kBetweenLooks = std::chrono::seconds{1};

/// The path of this program, for a line that can be copied.
std::string own_path() {
  std::array<char, 4096> path{};
  const ssize_t size = ::readlink("/proc/self/exe", path.data(), path.size());
  return size > 0 ? std::string{path.data(), static_cast<std::size_t>(size)} : "netecho";
}

UniqueFd open_raw(std::string_view subject) {
  // Without a protocol it gets nothing before it is bound, be it of other interfaces or past the
  // filter.
  UniqueFd fd{::socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
  if (fd.valid()) return fd;
  const int error = errno;
  if (error != EPERM && error != EACCES) throw SysError{"socket", std::string{subject}, error};
  throw Error{ErrorCategory::permission, "socket", std::string{subject},
              "frames take the capability CAP_NET_RAW: run it as root, or once as root: setcap "
              "cap_net_raw+ep " +
                  own_path(),
              error};
}

sockaddr_ll address_of(const Interface& interface, std::uint16_t ethertype) noexcept {
  sockaddr_ll out{};
  out.sll_family = AF_PACKET;
  out.sll_protocol = htons(ethertype);
  out.sll_ifindex = interface.index;
  return out;
}

}  // namespace

UniqueFd open_link_socket(const Interface& interface, const LinkSocketOptions& options) {
  const std::string_view subject = options.subject;
  const SocketNotes& notes = options.socket.notes;
  UniqueFd fd = open_raw(subject);
  options.filter.attach(fd.get(), subject);
  // Whoever takes this process over hears no more of the link than it does.
  set_if_possible(fd.get(), NETECHO_SOCKET_OPTION(SOL_SOCKET, SO_LOCK_FILTER), 1, subject, notes);
  // Which frames have a VLAN tag, which the kernel has taken off them, is told by nothing else.
  set_needed(fd.get(), NETECHO_SOCKET_OPTION(SOL_PACKET, PACKET_AUXDATA), 1, subject);
  set_if_possible(fd.get(), NETECHO_SOCKET_OPTION(SOL_PACKET, PACKET_IGNORE_OUTGOING), 1, subject,
                  notes);
  set_if_possible(fd.get(), NETECHO_SOCKET_OPTION(SOL_SOCKET, SO_RXQ_OVFL), 1, subject, notes);
  apply(fd.get(), AF_PACKET, options.socket, options.honoured, subject);
  enlarge_receive_buffer(fd.get(), options.socket);
  bind_link_socket(fd.get(), interface, options.ethertype, subject);
  return fd;
}

void bind_link_socket(int fd, const Interface& interface, std::uint16_t ethertype,
                      std::string_view subject) {
  const sockaddr_ll local = address_of(interface, ethertype);
  checked("bind", subject,
          [&] { return ::bind(fd, reinterpret_cast<const sockaddr*>(&local), sizeof local); });
}

std::uint32_t drops_of(int fd) noexcept {
  std::array<std::uint32_t, SK_MEMINFO_VARS> known{};
  socklen_t size = sizeof known;
  if (::getsockopt(fd, SOL_SOCKET, SO_MEMINFO, known.data(), &size) != 0) return 0;
  return known[SK_MEMINFO_DROPS];
}

void join_group(int fd, const Interface& interface, const MacAddress& group,
                std::string_view subject) {
  packet_mreq membership{};
  membership.mr_ifindex = interface.index;
  membership.mr_type = PACKET_MR_MULTICAST;
  membership.mr_alen = kMacBytes;
  group.write(std::as_writable_bytes(std::span{membership.mr_address}));
  checked("setsockopt PACKET_ADD_MEMBERSHIP", subject, [&] {
    return ::setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &membership, sizeof membership);
  });
}

std::optional<MacAddress> station_of(int fd) noexcept {
  sockaddr_ll name{};
  socklen_t size = sizeof name;
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&name), &size) != 0) return std::nullopt;
  if (name.sll_family != AF_PACKET || name.sll_halen != kMacBytes) return std::nullopt;
  return MacAddress::read(std::as_bytes(std::span{name.sll_addr}));
}

void OwnStation::refresh(int fd, Instant now) noexcept {
  if (now < next_look_) return;
  next_look_ = now + kBetweenLooks;
  if (const auto address = station_of(fd)) address_ = *address;
}

SocketDescription describe_station(const SocketKind& kind, AddressFamily family,
                                   const std::string& interface,
                                   const std::optional<MacAddress>& address) {
  SocketDescription out;
  out.uri = std::string{kind.scheme} + "://" + interface;
  out.transport = kind.transport;
  out.socket_type = kind.type;
  out.family = family;
  out.interface = interface;
  if (address) {
    out.address = to_string(*address);
    out.uri += "/" + *out.address;
  }
  return out;
}

}  // namespace netecho
