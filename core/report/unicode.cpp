#include "core/report/unicode.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

#include "core/base/escape.hpp"

namespace netecho {
namespace {

struct Range {
  char32_t first;
  char32_t last;
};

constexpr std::array<Range, 15> kWide{{{0x1100, 0x115F},
                                       {0x2E80, 0x303E},
                                       {0x3041, 0x4DBF},
                                       {0x4E00, 0xA4CF},
                                       {0xA960, 0xA97F},
                                       {0xAC00, 0xD7A3},
                                       {0xF900, 0xFAFF},
                                       {0xFE30, 0xFE6F},
                                       {0xFF01, 0xFF60},
                                       {0xFFE0, 0xFFE6},
                                       {0x1F300, 0x1F64F},
                                       {0x1F680, 0x1F6FF},
                                       {0x1F900, 0x1F9FF},
                                       {0x20000, 0x2FFFD},
                                       {0x30000, 0x3FFFD}}};
constexpr std::array<Range, 4> kZeroWidth{
    {{0x0300, 0x036F}, {0x200B, 0x200D}, {0x20D0, 0x20FF}, {0xFE00, 0xFE0F}}};

template <std::size_t kSize>
bool is_in(const std::array<Range, kSize>& ranges, char32_t c) noexcept {
  return std::any_of(ranges.begin(), ranges.end(),
                     [c](const Range& range) { return c >= range.first && c <= range.last; });
}

}  // namespace

char32_t code_point(std::string_view character) noexcept {
  constexpr std::array<std::uint8_t, 5> kLeadMask{0, 0x7F, 0x1F, 0x0F, 0x07};
  char32_t value = static_cast<std::uint8_t>(character[0]) & kLeadMask[character.size()];
  for (const char c : character.substr(1)) {
    value = (value << 6) | (static_cast<std::uint8_t>(c) & 0x3FU);
  }
  return value;
}

std::size_t columns_of(std::string_view text) noexcept {
  std::size_t columns = 0;
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    const char32_t c = length == 0 ? U'?' : code_point(text.substr(0, length));
    columns += is_in(kZeroWidth, c) ? 0U : is_in(kWide, c) ? 2U : 1U;
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return columns;
}

}  // namespace netecho
