// What netlink may bring as a part of the neighbor table: what is taken of it is a station's
// address, as often as one is there, and nothing beyond its end is touched.

#include "protocols/link/neighbors.hpp"

#include "tests/fuzz/fuzz.hpp"

namespace netecho::fuzz {
namespace {

constexpr std::size_t kSmallestNeighbor = 16 + 12 + 4 + kMacBytes;

bool is_in(std::span<const std::byte> bytes, const MacAddress& mac) {
  std::vector<std::byte> wanted(kMacBytes);
  mac.write(wanted);
  return std::search(bytes.begin(), bytes.end(), wanted.begin(), wanted.end()) != bytes.end();
}

}  // namespace

void fuzz_one(std::span<const std::byte> input) {
  const std::vector<std::byte> messages = copy_of(input);
  std::vector<MacAddress> found;
  const NeighborTable table = read_neighbors(messages, 7, found);
  require(found.size() * kSmallestNeighbor <= messages.size(), "each station has its message");
  for (const MacAddress& mac : found) {
    require(!mac.is_group() && mac != MacAddress{}, "it is one that sends");
    require(is_in(messages, mac), "under the address that came");
  }
  std::vector<MacAddress> again;
  require(read_neighbors(messages, 7, again) == table && again == found, "each time");
}

}  // namespace netecho::fuzz
