#pragma once

/// \file
/// SocketAddress is a sockaddr of any family that netecho speaks, as a value.

#include <sys/socket.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/net/endpoint.hpp"

namespace netecho {

/// Invariant: `size()` bytes at `data()` are a complete address of `family()`, or size() is 0.
class SocketAddress {
 public:
  SocketAddress() noexcept = default;
  SocketAddress(const sockaddr* address, socklen_t size) noexcept;

  /// Reads numeric IPv4 or IPv6 (with an optional %zone, a name or an index); none if it is not
  /// one.
  [[nodiscard]] static std::optional<SocketAddress> from_ip(std::string_view ip,
                                                            std::uint16_t port);
  /// REQUIRES: 1 to 107 bytes. An abstract name has its exact length, never padded.
  [[nodiscard]] static SocketAddress from_unix_path(std::string_view path);
  [[nodiscard]] static SocketAddress from_abstract(std::string_view name);

  [[nodiscard]] int family() const noexcept { return storage_.ss_family; }
  [[nodiscard]] const sockaddr* data() const noexcept;
  [[nodiscard]] sockaddr* data() noexcept;
  [[nodiscard]] socklen_t size() const noexcept { return size_; }
  void resize(socklen_t size) noexcept { size_ = size; }  ///< After the kernel filled data().
  [[nodiscard]] static constexpr socklen_t capacity() noexcept { return sizeof(sockaddr_storage); }

  [[nodiscard]] std::uint16_t port() const noexcept;  ///< Host order; 0 for unix.
  void set_port(std::uint16_t port) noexcept;
  /// Changes the interface of an address that has one (link-local IPv6): its zone.
  void set_zone(std::uint32_t interface) noexcept;
  [[nodiscard]] bool is_wildcard() const noexcept;
  [[nodiscard]] bool is_loopback() const noexcept;  ///< 127/8, ::1; true for unix.
  [[nodiscard]] bool is_unnamed() const noexcept;   ///< A unix socket without a name.
  [[nodiscard]] std::string ip() const;             ///< Numeric, with %zone for link-local IPv6.

  bool operator==(const SocketAddress& other) const noexcept;

 private:
  sockaddr_storage storage_{};
  socklen_t size_ = 0;
};

/// Canonical description of a bound or connected socket: `tcp4://127.0.0.1:7`, `udp6://[::1]:7`,
/// `unix:///run/e.sock`, `unixgram://@name`. An IP address makes the scheme of `kind` one of its
/// family, and stands alone where the kind has no ports. None for an unnamed unix address.
/// Allocates.
[[nodiscard]] std::optional<SocketDescription> describe(const SocketAddress& address,
                                                        const SocketKind& kind);

/// Returns an IPv4 address as ::ffff:a.b.c.d, for an IPv6 socket that speaks both; others
/// unchanged.
[[nodiscard]] SocketAddress mapped(const SocketAddress& address) noexcept;
/// Reverses mapped().
[[nodiscard]] SocketAddress unmapped(const SocketAddress& address) noexcept;

/// Opens and keeps the socket that it takes to name a link-local peer's interface, for a process
/// that can open none later. Without it the interface is then shown by its number.
void keep_interface_names() noexcept;

/// These call getsockname() and getpeername().
[[nodiscard]] SocketAddress local_address(int fd);
[[nodiscard]] SocketAddress peer_address(int fd);

}  // namespace netecho
