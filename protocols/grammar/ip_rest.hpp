#pragma once

/// \file
/// `[host]:port` stands behind an IP scheme.
///
///    ip-rest = [host] ":" port
///    port    = 0..65535 / service name

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "protocols/grammar/ip_host.hpp"

namespace netecho {

/// Throws a usage Error with its hint.
[[nodiscard]] IpRest parse_ip_rest(std::string_view rest, const RestContext& context);

/// Reads a rest of either kind, with a port or without. REQUIRES: `rest` is canonical.
[[nodiscard]] IpRest split_ip_rest(std::string_view rest);

/// A port number, or one of this host's names for `services`: "tcp" or "udp".
[[nodiscard]] std::optional<std::uint16_t> find_port(std::string_view text,
                                                     std::string_view services);
/// Whose names (services(5)) stand for the ports of such sockets.
[[nodiscard]] std::string_view services_of(SocketType type) noexcept;

/// The `target` object of an IP endpoint, nothing resolved.
[[nodiscard]] SocketDescription describe_ip_endpoint(const Endpoint& endpoint,
                                                     const SocketKind& kind);

}  // namespace netecho
