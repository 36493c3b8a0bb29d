#include "tests/protocols/own_network.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <utility>

#include "core/base/error.hpp"

namespace netecho::test {
namespace {

/// For experiments on one link (IEEE 802): nobody answers it.
constexpr std::uint16_t kEthertype = 0x88B5;
constexpr int kMostTries = 10'000;

UniqueFd opened_on(const char* wire) {
  UniqueFd fd{::socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_protocol = htons(kEthertype);
  address.sll_ifindex = static_cast<int>(::if_nametoindex(wire));
  if (!fd.valid() ||
      ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    throw NoNetwork{"no socket of frames: " + errno_text(errno)};
  }
  return fd;
}

/// A cable carries a moment after both of its ends are up, which a frame tells that arrives.
void wait_until_it_carries(const char* from, const char* to) {
  const UniqueFd sender = opened_on(from);
  const UniqueFd receiver = opened_on(to);
  sockaddr_ll everybody{};
  everybody.sll_family = AF_PACKET;
  everybody.sll_protocol = htons(kEthertype);
  everybody.sll_ifindex = static_cast<int>(::if_nametoindex(from));
  everybody.sll_halen = 6;
  std::fill_n(everybody.sll_addr, 6, static_cast<unsigned char>(0xFF));
  const std::array<char, 46> frame{};
  for (int tries = 0; tries < kMostTries; ++tries) {
    static_cast<void>(::sendto(sender.get(), frame.data(), frame.size(), 0,
                               reinterpret_cast<const sockaddr*>(&everybody), sizeof everybody));
    pollfd entry{receiver.get(), POLLIN, 0};
    if (::poll(&entry, 1, 1) == 1) return;
  }
  throw NoNetwork{"its cable carries nothing"};
}

void plug() {
  const std::string one = OwnNetwork::kServerWire;
  const std::string other = OwnNetwork::kClientWire;
  const std::string command = "{ ip link set lo up && ip link add name " + one +
                              " type veth peer name " + other + " && ip link set " + one +
                              " up && ip link set " + other + " up; } >/dev/null 2>&1";
  if (std::system(command.c_str()) != 0) throw NoNetwork{"`ip link add … type veth` fails"};
  wait_until_it_carries(OwnNetwork::kServerWire, OwnNetwork::kClientWire);
  wait_until_it_carries(OwnNetwork::kClientWire, OwnNetwork::kServerWire);
}

}  // namespace

OwnNetwork::OwnNetwork(UniqueFd before) noexcept : before_{std::move(before)} {}

/// What throws behind the first constructor has the destructor run.
OwnNetwork::OwnNetwork()
    : OwnNetwork{UniqueFd{::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC)}} {
  if (!before_.valid() || ::unshare(CLONE_NEWNET) != 0) {
    throw NoNetwork{"no network namespace of its own: " + errno_text(errno)};
  }
  plug();
}

OwnNetwork::~OwnNetwork() {
  // Where the first call failed this thread has never left.
  if (before_.valid()) static_cast<void>(::setns(before_.get(), CLONE_NEWNET));
}

}  // namespace netecho::test
