#pragma once

/// \file
/// A host stands behind every scheme of IP, with a port or without.
///
///    host = IPv4 / name / "[" IPv6 ["%" zone] "]"

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
  std::optional<std::uint16_t> port{};  ///< None where the transport has no ports.
};

/// Whether an address that many hosts have can be a client's peer.
enum class ManyHosts : std::uint8_t { refused, allowed };

/// Reads the host of one endpoint; every member function either succeeds or throws a usage Error.
class HostParser {
 public:
  /// `tail` is what stands behind the host, for hints: ":7", or nothing.
  HostParser(const RestContext& context, std::string tail);

  /// Refuses what no endpoint of IP has: a NUL byte, a '?'.
  void check_bytes(std::string_view rest) const;
  /// Reads `host`, with its brackets.
  [[nodiscard]] IpRest parse(std::string_view host) const;
  /// Refuses a host that the scheme's family, or for a client its address, rules out.
  void check_peer(const IpRest& rest, ManyHosts many) const;
  /// Throws the usage Error about a ']' that is missing in `rest`, which begins with '['.
  [[noreturn]] void reject_unclosed(std::string_view rest) const;
  [[noreturn]] void reject(std::string reason, const std::string& hint = {}) const;

  /// What a corrected spelling starts with: "SCHEME://", or nothing.
  [[nodiscard]] const std::string& prefix() const noexcept { return prefix_; }

 private:
  [[nodiscard]] IpRest parse_bracketed(std::string_view host) const;
  void check_zone(std::string_view zone) const;
  void check_not_ipv4(std::string_view host) const;
  void check_name(std::string_view host) const;
  void check_family(const IpRest& rest) const;
  void check_one_peer(const IpRest& rest) const;
  [[nodiscard]] std::string with_host(std::string_view host) const;
  [[nodiscard]] std::string with_scheme_of(AddressFamily family, const IpRest& rest) const;

  const RestContext& context_;
  std::string tail_;
  std::string prefix_;
};

/// Reads a rest that is a host alone: the transport has no ports. Throws a usage Error with its
/// hint.
[[nodiscard]] IpRest parse_host_rest(std::string_view rest, const RestContext& context,
                                     ManyHosts many);

/// Whether it is what stands between the brackets of an endpoint.
[[nodiscard]] bool is_ipv6_with_zone(std::string_view text);
[[nodiscard]] bool is_ipv4(std::string_view text);

/// Returns canonical text: parsing it gives `rest` again.
[[nodiscard]] std::string format_ip_rest(const IpRest& rest);

}  // namespace netecho
