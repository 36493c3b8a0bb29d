#pragma once

/// \file
/// These rules say which targets a stranger may have probed (`watch --allow-target`).

#include <string>
#include <string_view>
#include <vector>

#include "core/net/ip_number.hpp"
#include "core/net/source_rules.hpp"

namespace netecho {

/// Whether nobody outside can have this address, so that who probes it reaches this host or its
/// link: loopback, link-local, multicast and unspecified.
[[nodiscard]] bool is_special(const IpNumber& address) noexcept;

/// None is allowed unless a rule says so. A network allows addresses. A pattern allows names, and
/// what they resolve to, except for special addresses, which need a network, too: whoever owns a
/// name can have it resolve to 127.0.0.1. Mapped IPv6 is IPv4 in both.
class TargetRules {
 public:
  /// Adds a network (`192.0.2.0/24`, `2001:db8::1`) or a pattern of names (`*.example.com`, by the
  /// rules of fnmatch(3), in whatever case). Returns false, and adds nothing, if it is neither.
  bool add(std::string_view rule);

  /// Whether a name may be looked up at all, as it was typed.
  [[nodiscard]] bool allows_name(const std::string& name) const noexcept;
  /// Whether an address that was typed may be probed.
  [[nodiscard]] bool allows_address(const IpNumber& address) const noexcept;
  /// Whether an address may be probed that an allowed name has.
  [[nodiscard]] bool allows_resolved(const IpNumber& address) const noexcept {
    return !is_special(address) || allows_address(address);
  }

 private:
  std::vector<Cidr> networks_;
  std::vector<std::string> patterns_;
};

}  // namespace netecho
