#pragma once

/// \file
/// Looks names up with a deadline. getaddrinfo(3) has none and can't be interrupted, so it runs in
/// a thread that is left behind when nobody waits for it any more.

#include <netdb.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/units.hpp"
#include "core/net/endpoint.hpp"
#include "core/net/socket_address.hpp"

namespace netecho {

/// Which IP families a run may use (-4, -6).
enum class FamilyChoice : std::uint8_t { any, ipv4_only, ipv6_only };

struct NameLookup {
  FamilyChoice family = FamilyChoice::any;
  bool numeric_only = false;  ///< -n: no name is looked up (`localhost` is not a look-up).
  Duration deadline = std::chrono::seconds{5};
  /// What a look-up found before, with its port: nothing is asked. Empty: nothing is known.
  std::vector<SocketAddress> known{};
};

struct ResolveOptions {
  NameLookup lookup;
  SocketType type = SocketType::stream;
  /// The protocol whose services have names here, as getservbyname(3) calls it; empty: any.
  std::string_view services{};
  Role role = Role::client;  ///< What an empty host means.
  int interrupt_fd = -1;     ///< Readable: give up with `Interrupted`.
  std::string subject;       ///< The endpoint as typed, for messages; empty: the host.
  /// Asks the system; tests put their own in. Called on another thread, with signals blocked, and
  /// perhaps still running when resolve() has returned. Its result is freed by freeaddrinfo().
  decltype(&::getaddrinfo) name_service = &::getaddrinfo;
};

/// Returns the addresses of `host`, best first, without duplicates, at least one, all with the port
/// of `service` (a number, a service name, or empty for 0).
///
/// An IP address stands for itself. `localhost` and what ends in `.localhost` is the loopback and
/// `.invalid` is unknown, without asking anybody (RFC 6761, sections 6.3 and 6.4). An empty host is
/// every address of this host (serve) or its loopback (client). Throws Error (resolve),
/// Interrupted.
[[nodiscard]] std::vector<SocketAddress> resolve(std::string_view host, std::string_view service,
                                                 const ResolveOptions& options);

}  // namespace netecho
