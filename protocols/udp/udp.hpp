#pragma once

/// \file
/// UDP servers answer from the address that a datagram was sent to. Clients are connected sockets
/// that learn of ICMP errors with the payload that caused them.

#include "protocols/registry.hpp"

namespace netecho {

inline constexpr SocketKind kUdpKind{
    .scheme = "udp", .transport = "udp", .type = SocketType::datagram};

[[nodiscard]] Backend udp_backend() noexcept;

/// Makes a server port of a bound socket, inherited or not, and sets what it needs.
[[nodiscard]] std::unique_ptr<MessagePort> make_udp_server(UniqueFd fd, const SourceRules& rules,
                                                           std::string_view subject,
                                                           const SocketNotes& notes);

}  // namespace netecho
