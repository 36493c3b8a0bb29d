#include "core/base/base64.hpp"

#include <cstdint>

namespace netecho {
namespace {

constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

}  // namespace

std::string to_base64(std::string_view bytes) {
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::string_view group = bytes.substr(i, 3);
    std::uint32_t bits = 0;
    for (std::size_t j = 0; j < 3; ++j) {
      bits = bits << 8 | (j < group.size() ? static_cast<std::uint8_t>(group[j]) : 0U);
    }
    for (std::size_t j = 0; j < 4; ++j) {
      out += j <= group.size() ? kAlphabet[bits >> (18 - 6 * j) & 0x3FU] : '=';
    }
  }
  return out;
}

std::optional<std::string> from_base64(std::string_view text) {
  std::string out;
  std::string symbols;
  for (const char c : text) {
    if (std::string_view{" \t\r\n"}.find(c) == std::string_view::npos) symbols += c;
  }
  if (symbols.size() % 4 != 0) return std::nullopt;
  for (std::size_t i = 0; i < symbols.size(); i += 4) {
    std::uint32_t bits = 0;
    std::size_t padding = 0;
    for (const char c : std::string_view{symbols}.substr(i, 4)) {
      const std::size_t value = kAlphabet.find(c);
      const bool pads = c == '=' && i + 4 == symbols.size() && padding < 2;
      if (!pads && (value == std::string_view::npos || padding != 0)) return std::nullopt;
      padding += pads ? 1 : 0;
      bits = bits << 6 | (pads ? 0U : static_cast<std::uint32_t>(value));
    }
    for (std::size_t j = 0; j < 3 - padding; ++j) {
      out += static_cast<char>(bits >> (16 - 8 * j) & 0xFFU);
    }
  }
  if (to_base64(out) != symbols) return std::nullopt;  // Stray bits behind the padding.
  return out;
}

}  // namespace netecho
