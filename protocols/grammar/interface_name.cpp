#include "protocols/grammar/interface_name.hpp"

#include <net/if.h>

#include <algorithm>

namespace netecho {
namespace {

constexpr std::size_t kLongestInterface = IF_NAMESIZE - 1;

bool can_be_in_name(char c) noexcept {
  return c > ' ' && c != '/' && c != ':' && c != 127;
}

}  // namespace

std::string why_no_interface(std::string_view name) {
  if (name.empty()) return "the interface is missing";
  if (name.find(':') != std::string_view::npos) return "the name of an interface has no ':'";
  if (!std::ranges::all_of(name, can_be_in_name) || name == "." || name == "..") {
    return "'" + std::string{name} + "' cannot be the name of an interface";
  }
  if (name.size() > kLongestInterface) return "the name of an interface has at most 15 bytes";
  return {};
}

}  // namespace netecho
