#include "core/net/target_rules.hpp"

#include <fnmatch.h>

#include <algorithm>

namespace netecho {
namespace {

/// What names are made of, and what stands for some of it. One without a letter is an address or a
/// network with a slip (10.0.0.1/8, 10.0.0.*), which no name would ever be.
bool can_be_pattern(std::string_view text) noexcept {
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  const auto fits = [&](char c) {
    return is_letter(c) || std::string_view{"0123456789.-_*?[]!"}.find(c) != std::string_view::npos;
  };
  return std::ranges::all_of(text, fits) && (std::ranges::any_of(text, is_letter) || text == "*");
}

}  // namespace

bool is_special(const IpNumber& address) noexcept {
  if (!address.is_unicast() || address.is_loopback()) return true;
  if (address.is_v4()) return address.v4() >> 16U == 0xA9FE;  // 169.254/16
  return address.high >> 54U == 0xFE80 >> 6U;                 // fe80::/10
}

bool TargetRules::add(std::string_view rule) {
  if (const auto network = Cidr::parse(rule)) {
    networks_.push_back(*network);
    return true;
  }
  if (!can_be_pattern(rule)) return false;
  patterns_.emplace_back(rule);
  return true;
}

bool TargetRules::allows_name(const std::string& name) const noexcept {
  return std::ranges::any_of(patterns_, [&](const auto& pattern) {
    return ::fnmatch(pattern.c_str(), name.c_str(), FNM_CASEFOLD | FNM_NOESCAPE) == 0;
  });
}

bool TargetRules::allows_address(const IpNumber& address) const noexcept {
  return std::ranges::any_of(networks_,
                             [&](const Cidr& network) { return network.contains(address); });
}

}  // namespace netecho
