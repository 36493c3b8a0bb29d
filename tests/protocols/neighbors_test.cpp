// The kernel's neighbor table as its messages tell it, byte for byte: what is offered of it, and
// what lengths that lie do.

#include <linux/neighbour.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <cstring>

#include "protocols/link/neighbors.hpp"
#include "tests/support/catch.hpp"

using namespace netecho;

namespace {

using Bytes = std::vector<std::byte>;

constexpr int kInterface = 7;

Bytes bytes(std::initializer_list<unsigned> values) {
  Bytes out;
  for (const unsigned value : values) out.push_back(static_cast<std::byte>(value));
  return out;
}

const Bytes kMac = bytes({0x02, 0x00, 0xC0, 0xA8, 0x00, 0x01});
const MacAddress kStation = MacAddress::read(kMac);
const Bytes kIpAddress = bytes({192, 0, 2, 1});

template <typename Header>
Bytes with_header(const Header& header, const Bytes& body) {
  Bytes out(sizeof(Header));
  std::memcpy(out.data(), &header, sizeof(Header));
  out.insert(out.end(), body.begin(), body.end());
  out.resize((out.size() + 3) / 4 * 4);  // The next one begins at a multiple of four.
  return out;
}

Bytes attribute(int type, const Bytes& value) {
  rtattr header{};
  header.rta_len = static_cast<unsigned short>(sizeof(header) + value.size());
  header.rta_type = static_cast<unsigned short>(type);
  return with_header(header, value);
}

Bytes message(int type, const Bytes& body) {
  nlmsghdr header{};
  header.nlmsg_len = static_cast<std::uint32_t>(sizeof(header) + body.size());
  header.nlmsg_type = static_cast<std::uint16_t>(type);
  return with_header(header, body);
}

struct Neighbor {
  Bytes attributes = attribute(NDA_LLADDR, kMac);
  int interface_index = kInterface;
  int state = NUD_REACHABLE;
  int family = AF_INET;
  int type = RTM_NEWNEIGH;
};

Bytes message(const Neighbor& neighbor) {
  ndmsg about{};
  about.ndm_family = static_cast<unsigned char>(neighbor.family);
  about.ndm_ifindex = neighbor.interface_index;
  about.ndm_state = static_cast<std::uint16_t>(neighbor.state);
  return message(neighbor.type, with_header(about, neighbor.attributes));
}

Bytes joined(std::initializer_list<Bytes> parts) {
  Bytes out;
  for (const Bytes& part : parts) out.insert(out.end(), part.begin(), part.end());
  return out;
}

struct Read {
  std::vector<MacAddress> found;
  NeighborTable table;
};

/// In memory of exactly their size, so that a sanitizer sees a byte beyond it.
Read read(Bytes messages) {
  messages.shrink_to_fit();
  Read out;
  out.table = read_neighbors(messages, kInterface, out.found);
  return out;
}

bool finds_one(const Neighbor& neighbor) {
  return read(message(neighbor)).found == std::vector{kStation};
}

bool finds_none(const Neighbor& neighbor) {
  return read(message(neighbor)).found.empty();
}

template <typename Length>
Bytes with_length(Bytes message, std::size_t at, Length length) {
  std::memcpy(message.data() + at, &length, sizeof(length));
  return message;
}

}  // namespace

TEST_CASE("neighbors: a station has an address in every state that knows one", "[link][unit]") {
  for (const int state :
       {NUD_PERMANENT, NUD_NOARP, NUD_REACHABLE, NUD_STALE, NUD_DELAY, NUD_PROBE}) {
    CAPTURE(state);
    CHECK(finds_one({.state = state}));
  }
  for (const int state : {NUD_INCOMPLETE, NUD_FAILED, NUD_NONE}) {
    CAPTURE(state);
    CHECK(finds_none({.state = state}));
  }
}

TEST_CASE("neighbors: whatever protocol knows a station, it is one", "[link][unit]") {
  for (const int family : {AF_INET, AF_INET6, AF_BRIDGE}) {
    CAPTURE(family);
    CHECK(finds_one({.family = family}));
  }
}

TEST_CASE("neighbors: of another interface or another message nothing is taken", "[link][unit]") {
  CHECK(finds_none({.interface_index = kInterface + 1}));
  CHECK(finds_none({.interface_index = 0}));
  for (const int type : {RTM_DELNEIGH, RTM_GETNEIGH, RTM_NEWLINK, RTM_NEWNEIGHTBL}) {
    CAPTURE(type);
    CHECK(finds_none({.type = type}));
  }
}

TEST_CASE("neighbors: an address is found among other attributes", "[link][unit]") {
  const Bytes mac = attribute(NDA_LLADDR, kMac);
  const Bytes odd = attribute(NDA_PROBES, bytes({1, 2, 3, 4, 5}));
  CHECK(finds_one({.attributes = joined({attribute(NDA_DST, kIpAddress), odd, mac})}));
  CHECK(finds_one({.attributes = joined({mac, odd})}));
  CHECK(finds_none({.attributes = {}}));
  CHECK(finds_none({.attributes = joined({attribute(NDA_DST, kIpAddress), odd})}));
  CHECK(finds_none({.attributes = attribute(NDA_DST, kMac)}));
}

TEST_CASE("neighbors: what is no station's address of Ethernet is left out", "[link][unit]") {
  for (const Bytes& value : {
           Bytes{},
           kIpAddress,                                   // A tunnel's.
           bytes({2, 0, 0, 0, 0, 0, 1, 2}),              // IEEE 1394's.
           Bytes(20, std::byte{2}),                      // InfiniBand's.
           bytes({0x33, 0x33, 0, 0, 0, 1}),              // Multicast.
           bytes({0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF}),  // Broadcast.
           Bytes(kMacBytes, std::byte{0}),               // The loopback's.
       }) {
    CAPTURE(value.size());
    CHECK(finds_none({.attributes = attribute(NDA_LLADDR, value)}));
  }
}

TEST_CASE("neighbors: a table goes on until the kernel ends it", "[link][unit]") {
  const Bytes one = message(Neighbor{});
  CHECK(read({}).table == NeighborTable::goes_on);
  const Read two = read(joined({one, message(NLMSG_NOOP, {}), one}));
  CHECK(two.table == NeighborTable::goes_on);
  CHECK(two.found == std::vector{kStation, kStation});
  for (const int end : {NLMSG_DONE, NLMSG_ERROR}) {
    CAPTURE(end);
    const Read ended = read(joined({one, message(end, Bytes(4)), one}));
    CHECK(ended.table == NeighborTable::ended);
    CHECK(ended.found == std::vector{kStation});
  }
}

TEST_CASE("neighbors: a table that is cut anywhere ends there", "[link][unit]") {
  const Bytes one = message(Neighbor{});
  const Bytes two = joined({one, one});
  for (std::size_t size = 1; size < two.size(); ++size) {
    CAPTURE(size);
    const Read cut = read({two.begin(), two.begin() + static_cast<std::ptrdiff_t>(size)});
    const bool between = size == one.size();
    CHECK(cut.table == (between ? NeighborTable::goes_on : NeighborTable::ended));
    CHECK(cut.found == std::vector(size / one.size(), kStation));
  }
}

TEST_CASE("neighbors: behind a message's length that lies nothing is read", "[link][unit]") {
  const Bytes one = message(Neighbor{});
  const Bytes three = joined({one, one, one});
  for (const std::uint32_t length :
       {0U, 1U, 15U, 1'000'000U, 0x7FFF'FFFFU, 0xFFFF'FFFDU, 0xFFFF'FFFFU}) {
    CAPTURE(length);
    const Read lied = read(with_length(three, one.size(), length));
    CHECK(lied.table == NeighborTable::ended);
    CHECK(lied.found == std::vector{kStation});
  }
  // Too short for what a neighbor is: it is none, and the next one is read from its end on.
  for (const std::uint32_t length : {16U, 20U, 27U, 28U}) {
    CAPTURE(length);
    Bytes head = one;
    head.resize((length + 3) / 4 * 4);
    const Read short_one = read(joined({with_length(head, 0, length), one}));
    CHECK(short_one.table == NeighborTable::goes_on);
    CHECK(short_one.found == std::vector{kStation});
  }
}

TEST_CASE("neighbors: behind an attribute's length that lies the next message is read",
          "[link][unit]") {
  const Bytes one = message(Neighbor{});
  const std::size_t at = sizeof(nlmsghdr) + sizeof(ndmsg);
  for (const unsigned length : {0U, 1U, 3U, 4U, 9U, 11U, 13U, 14U, 0xFFFDU, 0xFFFFU}) {
    CAPTURE(length);
    const Read lied = read(joined({with_length(one, at, static_cast<std::uint16_t>(length)), one}));
    CHECK(lied.table == NeighborTable::goes_on);
    CHECK(lied.found == std::vector{kStation});
  }
}

TEST_CASE("neighbors: where there is no such interface there are none", "[link][unit]") {
  for (const char* name : {"", "no-such-one", "lo-and-longer-than-a-name", "../lo"}) {
    CAPTURE(name);
    CHECK(neighbors(name).empty());
  }
  CHECK(neighbors("lo").empty());
}
