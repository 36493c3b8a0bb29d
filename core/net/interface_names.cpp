#include "core/net/interface_names.hpp"

#include <algorithm>
#include <fstream>

namespace netecho {

/// From proc(5): /sys/class/net shows the namespace that mounted it, and libc opens a socket. After
/// two lines of headings each line is `name: figures`; a name has no colon.
std::vector<std::string> interface_names(std::string_view prefix) {
  constexpr std::size_t kMostNames = 256;
  std::vector<std::string> found;
  std::ifstream file{"/proc/self/net/dev"};
  for (std::string line; found.size() < kMostNames && std::getline(file, line);) {
    const std::size_t begin = std::min(line.find_first_not_of(' '), line.size());
    const std::size_t colon = line.find(':', begin);
    if (colon == std::string::npos) continue;
    std::string name = line.substr(begin, colon - begin);
    if (name.starts_with(prefix)) found.push_back(std::move(name));
  }
  std::ranges::sort(found);
  return found;
}

}  // namespace netecho
