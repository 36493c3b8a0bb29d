#include "core/net/socket_address.hpp"

#include <arpa/inet.h>
#include <linux/netlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstring>

#include "core/base/unique_fd.hpp"

namespace netecho {
namespace {

constexpr std::size_t kPathOffset = offsetof(sockaddr_un, sun_path);

/// Copies the address as its own type, because the storage is only bytes.
template <typename Address>
Address as(const sockaddr* address, socklen_t size) noexcept {
  Address out{};
  std::memcpy(&out, address, std::min<std::size_t>(size, sizeof out));
  return out;
}

std::optional<std::uint32_t> zone_index(std::string_view zone) {
  if (zone.empty() || zone.size() >= IF_NAMESIZE) return std::nullopt;
  if (const unsigned index = ::if_nametoindex(std::string{zone}.c_str()); index != 0) return index;
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(zone.data(), zone.data() + zone.size(), number);
  if (error != std::errc{} || end != zone.data() + zone.size() || number == 0) return std::nullopt;
  return number;
}

/// Any socket can tell the names of interfaces. This one stays open in the sandbox, and reaches
/// nobody there: a unix or internet socket would send to whatever address it is given.
int names_socket() noexcept {
  static const UniqueFd fd{::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE)};
  return fd.get();
}

std::string zone_name(std::uint32_t index) {
  ifreq request{};
  request.ifr_ifindex = static_cast<int>(index);
  if (::ioctl(names_socket(), SIOCGIFNAME, &request) != 0) return std::to_string(index);
  return static_cast<const char*>(request.ifr_name);
}

SocketAddress make_unix(std::string_view name, std::size_t skip) noexcept {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::size_t length = std::min(name.size(), sizeof address.sun_path - 1);
  std::memcpy(static_cast<char*>(address.sun_path) + skip, name.data(), length);
  // A path counts its final NUL; an abstract name is its leading NUL and exactly its bytes.
  const auto size = static_cast<socklen_t>(kPathOffset + length + 1);
  SocketAddress out;
  std::memcpy(out.data(), &address, size);
  out.resize(size);
  return out;
}

SocketDescription describe_unix(const SocketAddress& address, const SocketKind& kind) {
  const auto raw = as<sockaddr_un>(address.data(), address.size());
  const char* begin = static_cast<const char*>(raw.sun_path);
  const std::size_t length = std::min<std::size_t>(address.size(), sizeof raw) - kPathOffset;
  SocketDescription out;
  out.transport = kind.transport;
  out.socket_type = kind.type;
  out.family = AddressFamily::unix_domain;
  out.abstract = *begin == '\0';
  out.uri = std::string{kind.scheme} + "://";
  if (*out.abstract) {
    out.path = std::string(begin + 1, length - 1);
    out.uri += "@" + *out.path;
  } else {
    out.path = std::string(begin, ::strnlen(begin, length));
    // A relative path that begins with '@' would read as an abstract name.
    out.uri += (out.path->front() == '@' ? "./" : "") + *out.path;
  }
  return out;
}

SocketDescription describe_ip(const SocketAddress& address, const SocketKind& kind) {
  const bool v6 = address.family() == AF_INET6;
  SocketDescription out;
  out.transport = kind.transport;
  out.socket_type = kind.type;
  out.family = v6 ? AddressFamily::ipv6 : AddressFamily::ipv4;
  out.address = address.ip();
  const std::string host = v6 ? "[" + *out.address + "]" : *out.address;
  out.uri = std::string{kind.scheme} + (v6 ? "6" : "4") + "://" + host;
  if (!kind.has_ports) return out;
  out.port = address.port();
  out.uri += ":" + std::to_string(*out.port);
  return out;
}

}  // namespace

SocketAddress::SocketAddress(const sockaddr* address, socklen_t size) noexcept
    : size_{std::min(size, capacity())} {
  std::memcpy(&storage_, address, size_);
}

std::optional<SocketAddress> SocketAddress::from_ip(std::string_view ip, std::uint16_t port) {
  SocketAddress out;
  const std::size_t percent = ip.find('%');
  const std::string digits{ip.substr(0, percent)};
  if (digits.find('\0') != std::string::npos) return std::nullopt;
  sockaddr_in v4{};
  if (percent == std::string_view::npos &&
      ::inet_pton(AF_INET, digits.c_str(), &v4.sin_addr) == 1) {
    v4.sin_family = AF_INET;
    v4.sin_port = htons(port);
    std::memcpy(&out.storage_, &v4, sizeof v4);
    out.size_ = sizeof v4;
    return out;
  }
  sockaddr_in6 v6{};
  if (::inet_pton(AF_INET6, digits.c_str(), &v6.sin6_addr) != 1) return std::nullopt;
  v6.sin6_family = AF_INET6;
  v6.sin6_port = htons(port);
  if (percent != std::string_view::npos) {
    const auto index = zone_index(ip.substr(percent + 1));
    if (!index) return std::nullopt;
    v6.sin6_scope_id = *index;
  }
  std::memcpy(&out.storage_, &v6, sizeof v6);
  out.size_ = sizeof v6;
  return out;
}

SocketAddress SocketAddress::from_unix_path(std::string_view path) {
  return make_unix(path, 0);
}

SocketAddress SocketAddress::from_abstract(std::string_view name) {
  return make_unix(name, 1);
}

const sockaddr* SocketAddress::data() const noexcept {
  return reinterpret_cast<const sockaddr*>(&storage_);
}

sockaddr* SocketAddress::data() noexcept {
  return reinterpret_cast<sockaddr*>(&storage_);
}

std::uint16_t SocketAddress::port() const noexcept {
  // The port is at the same place in both families.
  if (family() != AF_INET && family() != AF_INET6) return 0;
  return ntohs(as<sockaddr_in>(data(), size_).sin_port);
}

void SocketAddress::set_port(std::uint16_t port) noexcept {
  if (family() != AF_INET && family() != AF_INET6) return;
  auto head = as<sockaddr_in>(data(), sizeof(sockaddr_in));
  head.sin_port = htons(port);
  std::memcpy(&storage_, &head, sizeof head);
}

void SocketAddress::set_zone(std::uint32_t interface) noexcept {
  if (family() != AF_INET6) return;
  auto v6 = as<sockaddr_in6>(data(), size_);
  if (v6.sin6_scope_id == 0) return;
  v6.sin6_scope_id = interface;
  std::memcpy(&storage_, &v6, sizeof v6);
}

bool SocketAddress::is_wildcard() const noexcept {
  if (family() == AF_INET) return as<sockaddr_in>(data(), size_).sin_addr.s_addr == INADDR_ANY;
  if (family() != AF_INET6) return false;
  const in6_addr address = as<sockaddr_in6>(data(), size_).sin6_addr;
  return IN6_IS_ADDR_UNSPECIFIED(&address);
}

bool SocketAddress::is_loopback() const noexcept {
  if (family() == AF_UNIX) return true;
  if (family() == AF_INET) {
    return ntohl(as<sockaddr_in>(data(), size_).sin_addr.s_addr) >> 24U == IN_LOOPBACKNET;
  }
  if (family() != AF_INET6) return false;
  const in6_addr address = as<sockaddr_in6>(data(), size_).sin6_addr;
  return IN6_IS_ADDR_LOOPBACK(&address);
}

bool SocketAddress::is_unnamed() const noexcept {
  return family() == AF_UNIX && size_ <= kPathOffset;
}

std::string SocketAddress::ip() const {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (family() == AF_INET) {
    const auto v4 = as<sockaddr_in>(data(), size_);
    ::inet_ntop(AF_INET, &v4.sin_addr, text.data(), text.size());
    return text.data();
  }
  if (family() != AF_INET6) return {};
  const auto v6 = as<sockaddr_in6>(data(), size_);
  ::inet_ntop(AF_INET6, &v6.sin6_addr, text.data(), text.size());
  std::string out = text.data();
  if (v6.sin6_scope_id != 0) out += "%" + zone_name(v6.sin6_scope_id);
  return out;
}

bool SocketAddress::operator==(const SocketAddress& other) const noexcept {
  if (size_ == 0 || other.size_ == 0) return size_ == other.size_;
  if (family() != other.family()) return false;
  if (family() == AF_INET) {
    const auto a = as<sockaddr_in>(data(), size_);
    const auto b = as<sockaddr_in>(other.data(), other.size_);
    return a.sin_port == b.sin_port && a.sin_addr.s_addr == b.sin_addr.s_addr;
  }
  if (family() == AF_INET6) {
    const auto a = as<sockaddr_in6>(data(), size_);
    const auto b = as<sockaddr_in6>(other.data(), other.size_);
    return a.sin6_port == b.sin6_port && a.sin6_scope_id == b.sin6_scope_id &&
           std::memcmp(&a.sin6_addr, &b.sin6_addr, sizeof a.sin6_addr) == 0;
  }
  return size_ == other.size_ && std::memcmp(&storage_, &other.storage_, size_) == 0;
}

std::optional<SocketDescription> describe(const SocketAddress& address, const SocketKind& kind) {
  switch (address.family()) {
    case AF_INET:
    case AF_INET6:
      return describe_ip(address, kind);
    case AF_UNIX:
      if (address.is_unnamed()) return std::nullopt;
      return describe_unix(address, kind);
    default:
      return std::nullopt;
  }
}

SocketAddress mapped(const SocketAddress& address) noexcept {
  if (address.family() != AF_INET) return address;
  const auto v4 = as<sockaddr_in>(address.data(), address.size());
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  v6.sin6_port = v4.sin_port;
  v6.sin6_addr.s6_addr[10] = 0xff;
  v6.sin6_addr.s6_addr[11] = 0xff;
  std::memcpy(&v6.sin6_addr.s6_addr[12], &v4.sin_addr, sizeof v4.sin_addr);
  SocketAddress out;
  std::memcpy(out.data(), &v6, sizeof v6);
  out.resize(sizeof v6);
  return out;
}

SocketAddress unmapped(const SocketAddress& address) noexcept {
  if (address.family() != AF_INET6) return address;
  const auto v6 = as<sockaddr_in6>(address.data(), address.size());
  if (!IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr)) return address;
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  v4.sin_port = v6.sin6_port;
  std::memcpy(&v4.sin_addr, &v6.sin6_addr.s6_addr[12], sizeof v4.sin_addr);
  SocketAddress out;
  std::memcpy(out.data(), &v4, sizeof v4);
  out.resize(sizeof v4);
  return out;
}

void keep_interface_names() noexcept {
  static_cast<void>(names_socket());
}

SocketAddress local_address(int fd) {
  SocketAddress out;
  socklen_t size = SocketAddress::capacity();
  if (::getsockname(fd, out.data(), &size) != 0) return {};
  out.resize(size);
  return out;
}

SocketAddress peer_address(int fd) {
  SocketAddress out;
  socklen_t size = SocketAddress::capacity();
  if (::getpeername(fd, out.data(), &size) != 0) return {};
  out.resize(size);
  return out;
}

}  // namespace netecho
