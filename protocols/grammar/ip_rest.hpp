#pragma once

/// \file
/// `[host]:port` stands behind an IP scheme.
///
///    ip-rest = [host] ":" port
///    host    = IPv4 / name / "[" IPv6 ["%" zone] "]"
///    port    = 0..65535 / service name

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "protocols/grammar/rest_context.hpp"

namespace netecho {

enum class HostKind : std::uint8_t { none, ipv4, ipv6, name };

/// Invariant: `host` is canonical (IPv6 as inet_ntop writes it, without brackets, with %zone).
struct IpRest {
  HostKind kind = HostKind::none;  ///< none: wildcard in serve, loopback for clients.
  std::string host;
  std::uint16_t port = 0;
};

/// Throws a usage Error with its hint.
[[nodiscard]] IpRest parse_ip_rest(std::string_view rest, const RestContext& context);

/// Returns canonical text: parse_ip_rest(format_ip_rest(x)) == x.
[[nodiscard]] std::string format_ip_rest(const IpRest& rest);

/// REQUIRES: `rest` is canonical.
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
