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

#include "core/net/endpoint.hpp"

namespace netecho {

enum class HostKind : std::uint8_t { none, ipv4, ipv6, name };

/// Invariant: `host` is canonical (IPv6 as inet_ntop writes it, without brackets, with %zone).
struct IpRest {
  HostKind kind = HostKind::none;  ///< none: wildcard in serve, loopback for clients.
  std::string host;
  std::uint16_t port = 0;
};

/// Describes an endpoint that is being parsed; `scheme` is lower case ("tcp", "udp6").
struct RestContext {
  std::string_view scheme;
  Role role;
  std::string_view typed;
};

/// Parses what stands behind the scheme. Throws a usage Error with its hint.
[[nodiscard]] IpRest parse_ip_rest(std::string_view rest, const RestContext& context);

/// Returns canonical text: parse_ip_rest(format_ip_rest(x)) == x.
[[nodiscard]] std::string format_ip_rest(const IpRest& rest);

/// REQUIRES: `rest` is canonical.
[[nodiscard]] IpRest split_ip_rest(std::string_view rest);

/// Reads a port number, or a service that this host names for `transport` ("tcp", "udp").
[[nodiscard]] std::optional<std::uint16_t> find_port(std::string_view text,
                                                     std::string_view transport);

/// Returns "tcp" of "tcp6".
[[nodiscard]] std::string_view transport_of(std::string_view scheme) noexcept;
/// Returns the family that "tcp4", "udp6" … ask for; none for "tcp".
[[nodiscard]] std::optional<AddressFamily> family_of(std::string_view scheme) noexcept;

/// Describes the `target` object of an IP endpoint without a look-up.
[[nodiscard]] SocketDescription describe_ip_endpoint(const Endpoint& endpoint, SocketType type);

}  // namespace netecho
