#include "core/net/dscp.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "core/base/fixed_text.hpp"

namespace netecho {
namespace {

struct CodePoint {
  FixedText<4> name;
  int value;
};

/// The names are those of RFC 2474 and its successors: RFC 2597, 3246, 5865, 8622.
constexpr std::array<CodePoint, 23> kCodePoints{
    {{"CS0", 0},   {"CS1", 8},   {"CS2", 16},  {"CS3", 24},  {"CS4", 32},  {"CS5", 40},
     {"CS6", 48},  {"CS7", 56},  {"AF11", 10}, {"AF12", 12}, {"AF13", 14}, {"AF21", 18},
     {"AF22", 20}, {"AF23", 22}, {"AF31", 26}, {"AF32", 28}, {"AF33", 30}, {"AF41", 34},
     {"AF42", 36}, {"AF43", 38}, {"EF", 46},   {"LE", 1},    {"VA", 44}}};

}  // namespace

Parsed<int> parse_dscp(std::string_view text) {
  std::string upper{text};
  std::ranges::transform(upper, upper.begin(), [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
  });
  for (const CodePoint& each : kCodePoints) {
    if (std::string_view{each.name} == upper) return {each.value * 4, ""};
  }
  int value = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error == std::errc{} && stop == end && value >= 0 && value <= 63) return {value * 4, ""};
  return {std::nullopt, "expected EF, LE, VA, CS0 to CS7, AF11 to AF43 or 0 to 63, got '" +
                            std::string{text} + "'"};
}

std::vector<std::string> dscp_names(std::string_view prefix) {
  std::vector<std::string> out;
  for (const CodePoint& each : kCodePoints) {
    const std::string_view name = each.name;
    if (name.starts_with(prefix)) out.emplace_back(name);
  }
  return out;
}

}  // namespace netecho
