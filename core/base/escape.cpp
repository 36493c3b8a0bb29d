#include "core/base/escape.hpp"

#include <array>
#include <cstdint>
#include <cstdio>

namespace netecho {
namespace {

std::uint8_t byte_at(std::string_view text, std::size_t index) noexcept {
  return static_cast<std::uint8_t>(text[index]);
}

bool continues(std::string_view text, std::size_t index, std::uint8_t low = 0x80,
               std::uint8_t high = 0xBF) noexcept {
  return index < text.size() && byte_at(text, index) >= low && byte_at(text, index) <= high;
}

char32_t code_point(std::string_view text, std::size_t length) noexcept {
  constexpr std::array<std::uint8_t, 5> kLeadMask{0, 0x7F, 0x1F, 0x0F, 0x07};
  char32_t value = byte_at(text, 0) & kLeadMask[length];
  for (std::size_t i = 1; i < length; ++i) value = (value << 6) | (byte_at(text, i) & 0x3FU);
  return value;
}

/// Characters that move the cursor, start an escape sequence or reorder the line.
bool acts_on_terminal(char32_t c) noexcept {
  return c < 0x20 || (c >= 0x7F && c < 0xA0) || (c >= 0x202A && c <= 0x202E) ||
         (c >= 0x2066 && c <= 0x2069) || c == 0x2028 || c == 0x2029 || c == 0x200E || c == 0x200F ||
         c == 0x061C;
}

void append_hex(std::string& out, std::string_view bytes) {
  for (const char byte : bytes) {
    std::array<char, 5> text{};
    std::snprintf(text.data(), text.size(), "\\x%02x", static_cast<unsigned>(byte) & 0xFFU);
    out += text.data();
  }
}

}  // namespace

// This follows the table of well-formed byte sequences in Unicode 15, table 3-7.
std::size_t utf8_length(std::string_view text) noexcept {
  if (text.empty()) return 0;
  const std::uint8_t lead = byte_at(text, 0);
  if (lead < 0x80) return 1;
  if (lead < 0xC2 || lead > 0xF4) return 0;
  if (lead < 0xE0) return continues(text, 1) ? 2 : 0;
  if (lead < 0xF0) {
    const std::uint8_t low = lead == 0xE0 ? 0xA0 : 0x80;
    const std::uint8_t high = lead == 0xED ? 0x9F : 0xBF;
    return continues(text, 1, low, high) && continues(text, 2) ? 3 : 0;
  }
  const std::uint8_t low = lead == 0xF0 ? 0x90 : 0x80;
  const std::uint8_t high = lead == 0xF4 ? 0x8F : 0xBF;
  return continues(text, 1, low, high) && continues(text, 2) && continues(text, 3) ? 4 : 0;
}

bool is_utf8(std::string_view text) noexcept {
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

std::string to_lossy_utf8(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    out += length == 0 ? std::string_view{"\xEF\xBF\xBD"} : text.substr(0, length);
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return out;
}

std::string escape_for_terminal(std::string_view text, Newlines newlines) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    const std::string_view character = text.substr(0, length == 0 ? 1 : length);
    const bool kept_newline =
        newlines == Newlines::keep && (character == "\n" || character == "\t");
    const bool fakes_escape = text.substr(0, 2) == "\\x";
    if (length != 0 && !fakes_escape &&
        (kept_newline || !acts_on_terminal(code_point(character, length)))) {
      out += character;
    } else {
      append_hex(out, character);
    }
    text.remove_prefix(character.size());
  }
  return out;
}

}  // namespace netecho
