// What --print-config prints.

#include <algorithm>

#include "cmd/cli.hpp"
#include "core/base/escape.hpp"

namespace netecho {
namespace {

/// A longer value moves its own origin to the right, and no other.
constexpr std::size_t kWidestValue = 24;
constexpr const char* kGap = "  ";

std::string padded(std::string text, std::size_t width) {
  text.resize(std::max(text.size(), width), ' ');
  return text;
}

}  // namespace

std::string configuration_text(const std::vector<Setting>& settings) {
  std::size_t widest_name = 0;
  std::size_t widest_value = 0;
  for (const Setting& each : settings) {
    widest_name = std::max(widest_name, main_name(*each.spec).size());
    if (each.value.size() <= kWidestValue) widest_value = std::max(widest_value, each.value.size());
  }
  std::string out;
  for (const Setting& each : settings) {
    const std::string name{main_name(*each.spec)};
    const std::string value = escape_for_terminal(each.value);
    out +=
        padded(name, widest_name) + kGap + padded(value, widest_value) + kGap + each.origin + "\n";
  }
  return out;
}

}  // namespace netecho
