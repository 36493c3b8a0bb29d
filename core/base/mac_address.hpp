#pragma once

/// \file
/// The address of a station on an Ethernet (IEEE 802).

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace netecho {

inline constexpr std::size_t kMacBytes = 6;

struct MacAddress {
  std::array<std::uint8_t, kMacBytes> bytes{};
  bool operator==(const MacAddress&) const = default;

  /// Whether it is a multicast or the broadcast address, which no station sends from.
  [[nodiscard]] constexpr bool is_group() const noexcept { return (bytes[0] & 1U) != 0; }
  /// The address as a number of 48 bits.
  [[nodiscard]] std::uint64_t number() const noexcept;
  /// The address of such a number; what is above its 48 bits is left out.
  [[nodiscard]] static MacAddress of_number(std::uint64_t number) noexcept;

  /// REQUIRES: at least 6 bytes.
  [[nodiscard]] static MacAddress read(std::span<const std::byte> from) noexcept;
  /// REQUIRES: room for 6 bytes.
  void write(std::span<std::byte> to) const noexcept;
};

/// Reads `02:00:c0:a8:00:01`, `02-00-c0-a8-00-01` or Cisco's `0200.c0a8.0001`, in any case; none if
/// `text` is something else.
[[nodiscard]] std::optional<MacAddress> parse_mac(std::string_view text);
/// Returns what parse_mac() reads, with ':' and in lower case.
[[nodiscard]] std::string to_string(const MacAddress& address);

}  // namespace netecho
