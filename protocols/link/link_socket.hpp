#pragma once

/// \file
/// Sockets of frames on one interface (AF_PACKET, SOCK_DGRAM; packet(7)): the kernel reads and
/// writes the Ethernet header. They are never promiscuous.

#include <sys/socket.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/mac_address.hpp"
#include "core/base/unique_fd.hpp"
#include "core/base/units.hpp"
#include "core/net/endpoint.hpp"
#include "core/net/socket_options.hpp"
#include "protocols/link/interface.hpp"
#include "protocols/link/link_filter.hpp"

namespace netecho {

struct LinkSocketOptions {
  std::uint16_t ethertype = 0;  ///< Or another number of linux/if_ether.h, as ETH_P_ALL.
  const LinkFilter& filter;
  const SocketOptions& socket;
  SocketOptionSet honoured = 0;  ///< The transport has these of them.
  std::string_view subject;      ///< For errors.
};

/// Opens a non-blocking socket that gets what the filter lets through, with room for bursts. Throws
/// Error: who lacks CAP_NET_RAW is told how to get it.
[[nodiscard]] UniqueFd open_link_socket(const Interface& interface,
                                        const LinkSocketOptions& options);

/// Binds such a socket to the interface that has come in place of its own, which has gone. Its
/// filter and options stay, but for its groups. Takes no right. Throws SysError.
void bind_link_socket(int fd, const Interface& interface, std::uint16_t ethertype,
                      std::string_view subject);

/// Returns how many frames a full receive queue has cost a socket so far.
[[nodiscard]] std::uint32_t drops_of(int fd) noexcept;

/// Has the interface take frames to this multicast address. Throws SysError.
void join_group(int fd, const Interface& interface, const MacAddress& group,
                std::string_view subject);

/// Returns the address that the interface of a socket has now; none if it has gone. Works in the
/// sandbox.
[[nodiscard]] std::optional<MacAddress> station_of(int fd) noexcept;

/// The address of the interface that a server's socket is bound to, which may get another one.
class OwnStation {
 public:
  explicit OwnStation(const MacAddress& address) noexcept : address_{address} {}

  [[nodiscard]] const MacAddress& address() const noexcept { return address_; }
  /// Looks at it again, once a second.
  void refresh(int fd, Instant now) noexcept;

 private:
  MacAddress address_;
  Instant next_look_{};
};

/// Describes a station of the link behind `interface`, or where the address is none, all of them.
[[nodiscard]] SocketDescription describe_station(const SocketKind& kind, AddressFamily family,
                                                 const std::string& interface,
                                                 const std::optional<MacAddress>& address);

}  // namespace netecho
