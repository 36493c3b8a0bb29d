#pragma once

/// \file
/// These rules say who may use a server: networks for IP, users for unix sockets.

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "core/net/ip_number.hpp"

namespace netecho {

/// A Cidr is a block of addresses (RFC 4632): `192.0.2.0/24`, `2001:db8::/32`, or a single address.
class Cidr {
 public:
  /// Returns none if `text` is no block. Bits behind the prefix must be zero, as with other tools:
  /// a wrong length is a likely slip.
  [[nodiscard]] static std::optional<Cidr> parse(std::string_view text);
  [[nodiscard]] bool contains(const IpNumber& address) const noexcept {
    // ::/0 is all of IPv6: IPv4 isn't in it, though it is kept as ::ffff:a.b.c.d.
    return address.is_v4() == base_.is_v4() && (address.high & mask_.high) == base_.high &&
           (address.low & mask_.low) == base_.low;
  }

 private:
  Cidr(const IpNumber& base, const IpNumber& mask) noexcept : base_{base}, mask_{mask} {}
  IpNumber base_;
  IpNumber mask_;
};

/// The user sets these rules; by default everybody may.
struct SourceRules {
  std::vector<Cidr> networks;  ///< IP sources that may; empty: all.
  std::vector<uid_t> users;    ///< Peers of unix sockets that may; empty: all (see UserRule).
  bool any_port = false;       ///< Answers datagrams from ports below 1024, too.

  [[nodiscard]] bool allow(const IpNumber& source) const noexcept;
};

/// Decides who may use one unix socket. A path has permissions of its own. An abstract name has
/// none, so unless users are named only the server's own user and root may.
class UserRule {
 public:
  enum class Naming : std::uint8_t { path, abstract };
  UserRule(std::vector<uid_t> users, Naming naming) noexcept
      : users_{std::move(users)}, own_only_{users_.empty() && naming == Naming::abstract} {}
  /// Everybody may.
  UserRule() noexcept : UserRule{{}, Naming::path} {}

  /// Whether credentials need to be looked at.
  [[nodiscard]] bool restricts() const noexcept { return own_only_ || !users_.empty(); }
  /// Takes the process's user at the first call, when privileges have been dropped.
  [[nodiscard]] bool allows(uid_t user) noexcept;

 private:
  std::vector<uid_t> users_;
  bool own_only_;
};

}  // namespace netecho
