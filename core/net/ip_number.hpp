#pragma once

/// \file
/// Rules about sources take an IP address as a number: what a sockaddr holds, without its family.

#include <sys/socket.h>

#include <cstdint>
#include <string>

namespace netecho {

/// It has 128 bits in host order. IPv4 is ::ffff:a.b.c.d, so that it is the same on every socket.
struct IpNumber {
  std::uint64_t high = 0;
  std::uint64_t low = 0;

  bool operator==(const IpNumber&) const = default;
  bool operator<(const IpNumber& other) const noexcept {
    return high != other.high ? high < other.high : low < other.low;
  }

  [[nodiscard]] static constexpr IpNumber of_v4(std::uint32_t address) noexcept {
    return {0, kV4Mark << 32U | address};
  }
  [[nodiscard]] constexpr bool is_v4() const noexcept { return high == 0 && low >> 32U == kV4Mark; }
  /// REQUIRES: is_v4().
  [[nodiscard]] constexpr std::uint32_t v4() const noexcept {
    return static_cast<std::uint32_t>(low);
  }
  /// Whether it is in 127/8 or ::1.
  [[nodiscard]] constexpr bool is_loopback() const noexcept {
    return is_v4() ? v4() >> 24U == 127 : high == 0 && low == 1;
  }
  /// Whether one host can have it: no multicast or broadcast address, none of 0/8 or 240/4, not ::.
  [[nodiscard]] constexpr bool is_unicast() const noexcept {
    if (is_v4()) return v4() >> 24U != 0 && v4() >> 24U < 224;
    return high >> 56U != 0xFF && (high | low) != 0;
  }

 private:
  static constexpr std::uint64_t kV4Mark = 0xFFFF;
};

/// Returns the address of an IPv4 or IPv6 socket address; all zero for any other.
[[nodiscard]] IpNumber ip_number(const sockaddr& address) noexcept;
/// Returns its port, in host order; 0 for other families.
[[nodiscard]] std::uint16_t ip_port(const sockaddr& address) noexcept;

/// Shows "192.0.2.1", "2001:db8::1".
[[nodiscard]] std::string numeric(const IpNumber& address);

}  // namespace netecho
