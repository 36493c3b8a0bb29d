#include "protocols/link/neighbors.hpp"

#include <linux/neighbour.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>
#include <optional>

#include "core/base/unique_fd.hpp"
#include "protocols/link/interface.hpp"

namespace netecho {
namespace {

using Bytes = std::span<const std::byte>;

/// The kernel puts no more into one answer.
constexpr std::size_t kAnswerBytes = 32'768;
/// The table is as large as the host's settings let it grow; no more of it is read.
constexpr int kMostAnswers = 256;
/// In these states the address is known. The others are that of a question without an answer.
constexpr unsigned kStatesWithAddress =
    NUD_PERMANENT | NUD_NOARP | NUD_REACHABLE | NUD_STALE | NUD_DELAY | NUD_PROBE;

/// Takes the first item of a row off it: a header, which tells the item's length with its own, and
/// a body. False if that length can't be true.
template <auto kLength, typename Header>
bool take_item(Bytes& row, Header& header, Bytes& body) noexcept {
  static_assert(sizeof(Header) % NLMSG_ALIGNTO == 0, "the body follows at once");
  if (row.size() < sizeof(Header)) return false;
  std::memcpy(&header, row.data(), sizeof(Header));
  const std::size_t length = header.*kLength;
  if (length < sizeof(Header) || length > row.size()) return false;
  body = row.subspan(sizeof(Header), length - sizeof(Header));
  const std::size_t padded = (length + NLMSG_ALIGNTO - 1) / NLMSG_ALIGNTO * NLMSG_ALIGNTO;
  row = row.subspan(std::min(padded, row.size()));
  return true;
}

std::optional<MacAddress> known_station(Bytes neighbor, int interface_index) noexcept {
  ndmsg about{};
  if (neighbor.size() < sizeof(about)) return std::nullopt;
  std::memcpy(&about, neighbor.data(), sizeof(about));
  if (about.ndm_ifindex != interface_index) return std::nullopt;
  if ((about.ndm_state & kStatesWithAddress) == 0) return std::nullopt;
  Bytes attributes = neighbor.subspan(sizeof(about));
  rtattr attribute{};
  Bytes value;
  while (take_item<&rtattr::rta_len>(attributes, attribute, value)) {
    if (attribute.rta_type != NDA_LLADDR || value.size() != kMacBytes) continue;
    const MacAddress mac = MacAddress::read(value);
    // The address of nothing but zeros is the loopback's.
    if (!mac.is_group() && mac != MacAddress{}) return mac;
  }
  return std::nullopt;
}

struct NeighborRequest {
  nlmsghdr header;
  ndmsg about;
  rtattr attribute;
  int interface_index;
};

/// The kernel has the first part of its answer ready when this returns, and each further one when
/// the part before it was read.
UniqueFd ask_for_neighbors(int interface_index) noexcept {
  UniqueFd fd{::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE)};
  NeighborRequest request{};
  request.header.nlmsg_len = sizeof(request);
  request.header.nlmsg_type = RTM_GETNEIGH;
  request.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  request.about.ndm_family = AF_UNSPEC;
  // A kernel that does not know this attribute tells of all interfaces.
  request.attribute.rta_len = sizeof(request.attribute) + sizeof(request.interface_index);
  request.attribute.rta_type = NDA_IFINDEX;
  request.interface_index = interface_index;
  const ssize_t sent = fd.valid() ? ::send(fd.get(), &request, sizeof(request), 0) : -1;
  return sent == static_cast<ssize_t>(sizeof(request)) ? std::move(fd) : UniqueFd{};
}

}  // namespace

NeighborTable read_neighbors(Bytes messages, int interface_index, std::vector<MacAddress>& found) {
  nlmsghdr header{};
  Bytes body;
  while (take_item<&nlmsghdr::nlmsg_len>(messages, header, body)) {
    if (header.nlmsg_type == NLMSG_DONE || header.nlmsg_type == NLMSG_ERROR) {
      return NeighborTable::ended;
    }
    if (header.nlmsg_type != RTM_NEWNEIGH) continue;
    if (const auto mac = known_station(body, interface_index)) found.push_back(*mac);
  }
  return messages.empty() ? NeighborTable::goes_on : NeighborTable::ended;
}

std::vector<MacAddress> neighbors(const std::string& interface) {
  std::vector<MacAddress> found;
  const std::optional<int> index = index_of(interface);
  if (!index) return found;
  const UniqueFd fd = ask_for_neighbors(*index);
  std::vector<std::byte> answer(kAnswerBytes);
  for (int i = 0; fd.valid() && i < kMostAnswers; ++i) {
    sockaddr_nl from{};
    socklen_t from_bytes = sizeof(from);
    const ssize_t got = ::recvfrom(fd.get(), answer.data(), answer.size(), 0,
                                   reinterpret_cast<sockaddr*>(&from), &from_bytes);
    if (got <= 0) break;
    if (from.nl_pid != 0) continue;  // Another process than the kernel.
    const auto messages = Bytes{answer}.first(static_cast<std::size_t>(got));
    if (read_neighbors(messages, *index, found) == NeighborTable::ended) break;
  }
  std::ranges::sort(found, {}, &MacAddress::bytes);
  found.erase(std::unique(found.begin(), found.end()), found.end());
  return found;
}

}  // namespace netecho
