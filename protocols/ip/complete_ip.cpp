#include "protocols/ip/complete_ip.hpp"

#include <array>

#include "core/net/interface_names.hpp"

namespace netecho {
namespace {

constexpr std::array<std::string_view, 3> kHosts{"localhost:", "127.0.0.1:", "[::1]:"};

}  // namespace

std::vector<std::string> complete_ip(std::string_view rest) {
  std::vector<std::string> found;
  const std::size_t percent = rest.find('%');
  const bool in_zone = percent != std::string_view::npos && rest.front() == '[' &&
                       rest.find(']') == std::string_view::npos;
  if (in_zone) {
    for (const std::string& name : interface_names(rest.substr(percent + 1))) {
      found.push_back(std::string{rest.substr(0, percent + 1)} + name + "]:");
    }
    return found;
  }
  for (const std::string_view host : kHosts) {
    if (host.substr(0, rest.size()) == rest) found.emplace_back(host);
  }
  return found;
}

}  // namespace netecho
