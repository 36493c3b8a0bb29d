#include "core/report/json_text.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>

#include "core/base/escape.hpp"
#include "core/report/unicode.hpp"

namespace netecho {
namespace {

bool needs_a_look(char c) noexcept {
  const auto byte = static_cast<std::uint8_t>(c);
  return byte >= 0x7F;
}

/// `character` is one of at most three bytes; everything that acts on a terminal is.
std::string escaped(std::string_view character) {
  std::array<char, 8> text{};
  const auto value = static_cast<unsigned>(code_point(character));
  std::snprintf(text.data(), text.size(), "\\u%04x", value & 0xFFFFU);
  return text.data();
}

/// Returns how many bytes a character takes whose first byte is `lead`; 0 if it starts none.
std::size_t promised_length(char lead) noexcept {
  const auto byte = static_cast<std::uint8_t>(lead);
  if (byte >= 0xC2 && byte < 0xE0) return 2;
  if (byte >= 0xE0 && byte < 0xF0) return 3;
  return byte >= 0xF0 && byte <= 0xF4 ? 4 : 0;
}

}  // namespace

std::string escape_json_line(std::string line) {
  if (std::none_of(line.begin(), line.end(), needs_a_look)) return line;
  std::string out;
  out.reserve(line.size());
  std::string_view left = line;
  while (!left.empty()) {
    const std::size_t length = std::max<std::size_t>(utf8_length(left), 1);
    const std::string_view character = left.substr(0, length);
    const bool acts =
        needs_a_look(character[0]) && length < 4 && escape_for_terminal(character) != character;
    if (acts) {
      out += escaped(character);
    } else {
      out += character;
    }
    left.remove_prefix(length);
  }
  return out;
}

std::string_view without_cut_character(std::string_view data) noexcept {
  for (std::size_t cut = 1; cut <= std::min<std::size_t>(data.size(), 3); ++cut) {
    const std::string_view rest = data.substr(0, data.size() - cut);
    if (promised_length(data[rest.size()]) > cut && is_utf8(rest)) return rest;
  }
  return data;
}

}  // namespace netecho
