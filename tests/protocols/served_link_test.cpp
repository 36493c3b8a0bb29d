// What the kernel passes to a server of frames, whatever becomes of its socket.

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <string>

#include "tests/protocols/echo_pair.hpp"

namespace netecho::test {
namespace {

/// For experiments on one link (IEEE 802).
constexpr std::uint16_t kOtherProtocol = 0x88B5;

sockaddr_ll everybody_on(const char* wire, std::uint16_t protocol) {
  sockaddr_ll out{};
  out.sll_family = AF_PACKET;
  out.sll_protocol = htons(protocol);
  out.sll_ifindex = static_cast<int>(::if_nametoindex(wire));
  out.sll_halen = ETH_ALEN;
  std::fill_n(out.sll_addr, ETH_ALEN, static_cast<unsigned char>(0xFF));
  return out;
}

void send_other_protocol() {
  const UniqueFd fd{::socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
  const sockaddr_ll to = everybody_on(OwnNetwork::kClientWire, kOtherProtocol);
  const std::array<char, 64> frame{};
  REQUIRE(::sendto(fd.get(), frame.data(), frame.size(), 0, reinterpret_cast<const sockaddr*>(&to),
                   sizeof to) == ssize_t{frame.size()});
}

void bind_to_all_protocols(int fd) {
  const sockaddr_ll all = everybody_on(OwnNetwork::kServerWire, ETH_P_ALL);
  REQUIRE(::bind(fd, reinterpret_cast<const sockaddr*>(&all), sizeof all) == 0);
}

/// The protocol of the next frame that has come; 0: none has.
std::uint16_t next_protocol(int fd) {
  std::array<char, 2048> frame{};
  sockaddr_ll from{};
  socklen_t size = sizeof from;
  const ssize_t got = ::recvfrom(fd, frame.data(), frame.size(), MSG_DONTWAIT,
                                 reinterpret_cast<sockaddr*>(&from), &size);
  if (got < 0) REQUIRE(errno == EAGAIN);
  return got < 0 ? 0 : ntohs(from.sll_protocol);
}

TEST_CASE("served_link: no frame of another protocol is heard, whatever the socket is bound to",
          "[link][loopback]") {
  const std::string scheme = GENERATE("packet", "ipx");
  const std::uint16_t own = scheme == "packet" ? kCtpEthertype : std::uint16_t{ETH_P_IPX};
  const Backend& backend = *find_backend(scheme);
  if (const std::string lack = lack_of(backend); !lack.empty()) {
    WARN("skipped: " << lack);
    return;
  }
  EchoPair pair{backend};
  const int fd = pair.server_port().fd();
  bind_to_all_protocols(fd);
  send_other_protocol();
  Batch batch{1, 1024};
  REQUIRE(send_message(pair.port(), batch, pattern(40)).messages == 1);
  await(fd, POLLIN);
  CHECK(next_protocol(fd) == own);
  CHECK(next_protocol(fd) == 0);
}

}  // namespace
}  // namespace netecho::test
