#include "protocols/ip/complete_ip.hpp"

#include <algorithm>
#include <array>
#include <filesystem>

namespace netecho {
namespace {

constexpr std::array<std::string_view, 3> kHosts{"localhost:", "127.0.0.1:", "[::1]:"};
constexpr std::size_t kMostInterfaces = 256;

/// The names come from sysfs, as libc would open a socket to list interfaces.
std::vector<std::string> interfaces(std::string_view prefix) {
  namespace fs = std::filesystem;
  std::vector<std::string> found;
  std::error_code error;
  fs::directory_iterator it{"/sys/class/net", error};
  while (!error && it != fs::directory_iterator{} && found.size() < kMostInterfaces) {
    std::string name = it->path().filename().string();
    if (name.substr(0, prefix.size()) == prefix) found.push_back(std::move(name));
    it.increment(error);
  }
  std::sort(found.begin(), found.end());
  return found;
}

}  // namespace

std::vector<std::string> complete_ip(std::string_view rest) {
  std::vector<std::string> found;
  const std::size_t percent = rest.find('%');
  const bool in_zone = percent != std::string_view::npos && rest.front() == '[' &&
                       rest.find(']') == std::string_view::npos;
  if (in_zone) {
    for (const std::string& name : interfaces(rest.substr(percent + 1))) {
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
