#include "core/net/kernel_stamps.hpp"

#include <array>

#include "core/base/clock.hpp"
#include "tests/core/net/sockets.hpp"

using namespace netecho;
using namespace netecho::testing;
using namespace std::chrono_literals;

namespace {

/// A datagram socket whose peer is itself.
UniqueFd socket_to_itself() {
  UniqueFd fd = bound_socket(any_port(), SOCK_DGRAM);
  SocketAddress address;
  socklen_t size = SocketAddress::capacity();
  REQUIRE(::getsockname(fd.get(), address.data(), &size) == 0);
  REQUIRE(::connect(fd.get(), address.data(), size) == 0);
  return fd;
}

/// The stamps of one byte that the socket sends itself: receive, transmit.
std::array<std::optional<WallTime>, 2> stamps_of_a_byte(int fd, KernelStamps& stamps,
                                                        std::uint32_t key) {
  std::byte byte{};
  REQUIRE(::send(fd, &byte, 1, 0) == 1);
  alignas(cmsghdr) std::array<std::byte, KernelStamps::kControlBytes> control;
  iovec payload{&byte, 1};
  msghdr header{};
  header.msg_iov = &payload;
  header.msg_iovlen = 1;
  header.msg_control = control.data();
  header.msg_controllen = control.size();
  REQUIRE(::recvmsg(fd, &header, 0) == 1);
  const auto received = KernelStamps::received(header);
  stamps.drain(fd);
  return {received, stamps.sent(key)};
}

}  // namespace

TEST_CASE("kernel stamps: the very first message after they were turned on has both",
          "[stamps][loopback]") {
  for (int i = 0; i < 20; ++i) {
    const UniqueFd fd = socket_to_itself();
    const WallTime before = realtime_now();
    KernelStamps stamps{fd.get(), 4};
    const auto [received, sent] = stamps_of_a_byte(fd.get(), stamps, 0);
    REQUIRE(received.has_value());
    REQUIRE(sent.has_value());
    CHECK(before <= *sent);
    CHECK(*sent <= *received);
    CHECK(*received <= realtime_now());
  }
}

TEST_CASE("kernel stamps: datagrams are numbered, and the oldest are forgotten",
          "[stamps][loopback]") {
  const UniqueFd fd = socket_to_itself();
  KernelStamps stamps{fd.get(), 4};
  std::array<std::optional<WallTime>, 6> sent;
  for (std::uint32_t key = 0; key < sent.size(); ++key) {
    sent[key] = stamps_of_a_byte(fd.get(), stamps, key)[1];
    REQUIRE(sent[key].has_value());
  }
  CHECK(stamps.sent(5) == sent[5]);
  CHECK(stamps.sent(2) == sent[2]);
  CHECK_FALSE(stamps.sent(1).has_value());
  CHECK_FALSE(stamps.sent(6).has_value());
}
