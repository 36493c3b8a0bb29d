#pragma once

/// \file
/// An IP endpoint gets a bound socket for each family, all on one port. tcp, mptcp and udp share
/// this.

#include <functional>
#include <vector>

#include "core/base/unique_fd.hpp"
#include "core/net/socket_address.hpp"
#include "protocols/registry.hpp"

namespace netecho {

struct BoundSocket {
  UniqueFd fd;
  std::vector<UniqueFd> siblings;  ///< For the other threads, on the same address.
  SocketAddress address;           ///< As bound: the real port.
};

/// Binds (and for streams listens) on every address of `endpoint`, in the order of its look-up.
/// A family that this host lacks is skipped with a warning as long as one address binds; port 0
/// gives all of them the same port. Throws Error, Interrupted.
[[nodiscard]] std::vector<BoundSocket> bind_ip(const Endpoint& endpoint, const SocketKind& kind,
                                               const ServeOptions& options,
                                               SocketOptionSet honoured);

/// Sets `served.interface` and `served.bind_again`: whether a new socket is needed when an
/// interface is made anew, and how to make it. `serve` makes of a bound socket what is served.
void remember_interface(Served& served, int fd, const SocketKind& kind, const Endpoint& endpoint,
                        const ServeOptions& options, SocketOptionSet honoured,
                        std::function<Served(BoundSocket)> serve);

/// Returns the addresses to bind or to connect to, in order; at least one. An empty host is every
/// address of this host (serve) or its loopback (client); `localhost` is not looked up. Throws
/// Error.
[[nodiscard]] std::vector<SocketAddress> addresses_of(const Endpoint& endpoint, Role role,
                                                      SocketType type, const NameLookup& lookup,
                                                      int interrupt_fd);

/// Does what addresses_of() does, for a client and the family of `--bind` where that is set. Throws
/// Error, Interrupted.
[[nodiscard]] std::vector<SocketAddress> addresses_for_client(const Endpoint& endpoint,
                                                              SocketType type,
                                                              const ConnectOptions& options);

/// Reads `--bind` for an IP socket: `ADDR`, `ADDR:PORT`, `::1`, `[::1]:7`, or `:PORT`, which is any
/// address of `family` (AF_UNSPEC: one of no family, too). Throws a usage Error.
[[nodiscard]] SocketAddress parse_bind_address(std::string_view text, int family);

/// Does what a client socket needs before connect(): the user's options and `--bind`.
void prepare_client(int fd, int family, const SocketOptions& options, SocketOptionSet honoured,
                    std::string_view subject);

}  // namespace netecho
