#include "protocols/link/complete_link.hpp"

#include "core/net/interface_names.hpp"
#include "protocols/link/neighbors.hpp"

namespace netecho {

std::vector<std::string> complete_interface(std::string_view rest) {
  std::vector<std::string> found = interface_names(rest);
  std::erase(found, "lo");
  return found;
}

std::vector<std::string> complete_station(std::string_view rest, std::size_t address_at,
                                          std::string (*format)(const MacAddress&)) {
  constexpr std::size_t kMostOffered = 256;
  std::vector<std::string> found;
  const std::string before{rest.substr(0, address_at)};
  for (const MacAddress& mac : neighbors(std::string{rest.substr(0, rest.find('/'))})) {
    std::string word = before + format(mac);
    if (word.starts_with(rest)) found.push_back(std::move(word));
    if (found.size() == kMostOffered) break;
  }
  return found;
}

}  // namespace netecho
