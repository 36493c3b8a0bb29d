#include "core/base/mac_address.hpp"

#include <cstring>

namespace netecho {
namespace {

constexpr std::string_view kMacDigits = "0123456789abcdef";

/// Below 0: no digit.
int mac_digit(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// Reads 12 digits that come in groups of this size, parted by `separator`.
std::optional<MacAddress> parse_groups(std::string_view text, std::size_t group, char separator) {
  MacAddress out;
  std::size_t digits = 0;
  std::size_t at = 0;
  for (; at < text.size() && digits < 2 * kMacBytes; ++at) {
    const bool behind_group = digits != 0 && digits % group == 0 && at % (group + 1) == group;
    if (behind_group) {
      if (text[at] != separator) return std::nullopt;
      continue;
    }
    const int value = mac_digit(text[at]);
    if (value < 0) return std::nullopt;
    std::uint8_t& byte = out.bytes[digits / 2];
    byte = static_cast<std::uint8_t>(unsigned{byte} << 4U | static_cast<unsigned>(value));
    ++digits;
  }
  return digits == 2 * kMacBytes && at == text.size() ? std::optional{out} : std::nullopt;
}

}  // namespace

std::uint64_t MacAddress::number() const noexcept {
  std::uint64_t out = 0;
  for (const std::uint8_t byte : bytes) out = out << 8U | byte;
  return out;
}

MacAddress MacAddress::of_number(std::uint64_t number) noexcept {
  MacAddress out;
  for (std::size_t i = kMacBytes; i-- > 0; number >>= 8U) {
    out.bytes[i] = static_cast<std::uint8_t>(number & 0xFFU);
  }
  return out;
}

MacAddress MacAddress::read(std::span<const std::byte> from) noexcept {
  MacAddress out;
  std::memcpy(out.bytes.data(), from.data(), kMacBytes);
  return out;
}

void MacAddress::write(std::span<std::byte> to) const noexcept {
  std::memcpy(to.data(), bytes.data(), kMacBytes);
}

std::optional<MacAddress> parse_mac(std::string_view text) {
  if (text.find('.') != std::string_view::npos) return parse_groups(text, 4, '.');
  return parse_groups(text, 2, text.find('-') != std::string_view::npos ? '-' : ':');
}

std::string to_string(const MacAddress& address) {
  std::string out;
  for (const std::uint8_t byte : address.bytes) {
    if (!out.empty()) out += ':';
    out += kMacDigits[byte >> 4U];
    out += kMacDigits[byte & 0xFU];
  }
  return out;
}

}  // namespace netecho
