#include "core/net/socket_options.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "core/base/error.hpp"
#include "core/base/unique_fd.hpp"
#include "tests/support/catch.hpp"

using namespace netecho;
using namespace std::chrono_literals;

namespace {

constexpr SocketOptionSet kAll = ~SocketOptionSet{0};

UniqueFd open_socket(int family, int type) {
  return UniqueFd{::socket(family, type, 0)};
}

int option(const UniqueFd& fd, int level, int name) {
  int value = -1;
  socklen_t size = sizeof value;
  REQUIRE(::getsockopt(fd.get(), level, name, &value, &size) == 0);
  return value;
}

}  // namespace

TEST_CASE("options: what the user set is what the socket has", "[options][loopback]") {
  SocketOptions options;
  options.tos = 0xb8;
  options.ttl = 12;
  options.dont_fragment = DontFragment::force;
  options.receive_buffer_bytes = 32768;
  options.send_buffer_bytes = 16384;
  options.mss_bytes = 700;
  options.keepalive = Keepalive{.idle = 1500ms, .interval = 1ms, .count = 4};
  const UniqueFd v4 = open_socket(AF_INET, SOCK_STREAM);
  apply(v4.get(), AF_INET, options, kAll, "t");
  CHECK(option(v4, IPPROTO_IP, IP_TOS) == 0xb8);
  CHECK(option(v4, IPPROTO_IP, IP_TTL) == 12);
  CHECK(option(v4, IPPROTO_IP, IP_MTU_DISCOVER) == IP_PMTUDISC_DO);
  CHECK(option(v4, SOL_SOCKET, SO_RCVBUF) == 65536);  // The kernel doubles it for its own needs.
  CHECK(option(v4, SOL_SOCKET, SO_SNDBUF) == 32768);
  CHECK(option(v4, SOL_SOCKET, SO_KEEPALIVE) == 1);
  CHECK(option(v4, IPPROTO_TCP, TCP_KEEPIDLE) == 2);
  CHECK(option(v4, IPPROTO_TCP, TCP_KEEPINTVL) == 1);
  CHECK(option(v4, IPPROTO_TCP, TCP_KEEPCNT) == 4);
  CHECK(option(v4, IPPROTO_TCP, TCP_NODELAY) == 1);
  const UniqueFd v6 = open_socket(AF_INET6, SOCK_STREAM);
  if (!v6.valid()) return;
  apply(v6.get(), AF_INET6, options, kAll, "t");
  CHECK(option(v6, IPPROTO_IPV6, IPV6_TCLASS) == 0xb8);
  CHECK(option(v6, IPPROTO_IPV6, IPV6_UNICAST_HOPS) == 12);
  CHECK(option(v6, IPPROTO_IPV6, IPV6_MTU_DISCOVER) == IPV6_PMTUDISC_DO);
}

TEST_CASE("options: each way of path MTU discovery has its value", "[options][loopback]") {
  const auto set = [](DontFragment mode) {
    const UniqueFd fd = open_socket(AF_INET, SOCK_DGRAM);
    SocketOptions options;
    options.dont_fragment = mode;
    apply(fd.get(), AF_INET, options, kOptionDontFragment, "t");
    return option(fd, IPPROTO_IP, IP_MTU_DISCOVER);
  };
  CHECK(set(DontFragment::allow) == IP_PMTUDISC_DONT);
  CHECK(set(DontFragment::want) == IP_PMTUDISC_WANT);
  CHECK(set(DontFragment::force) == IP_PMTUDISC_DO);
  CHECK(set(DontFragment::probe) == IP_PMTUDISC_PROBE);
}

TEST_CASE("options: --nagle leaves TCP_NODELAY off", "[options][loopback]") {
  const UniqueFd fd = open_socket(AF_INET, SOCK_STREAM);
  SocketOptions options;
  options.nagle = true;
  apply(fd.get(), AF_INET, options, kAll, "t");
  CHECK(option(fd, IPPROTO_TCP, TCP_NODELAY) == 0);
}

TEST_CASE("options: what a transport can't honour is not set", "[options][loopback]") {
  const UniqueFd fd = open_socket(AF_INET, SOCK_DGRAM);
  SocketOptions options;
  options.ttl = 5;
  options.mss_bytes = 500;
  apply(fd.get(), AF_INET, options, kOptionTos, "t");
  CHECK(option(fd, IPPROTO_IP, IP_TTL) != 5);
}

TEST_CASE("options: a refusal names the option and the endpoint", "[options][loopback]") {
  const UniqueFd fd = open_socket(AF_INET, SOCK_DGRAM);
  SocketOptions options;
  options.interface = "no-such-if";
  try {
    apply(fd.get(), AF_INET, options, kAll, "udp://h:7");
    FAIL("set");
  } catch (const SysError& error) {
    CHECK(error.operation() == "setsockopt --interface");
    CHECK(error.subject() == "udp://h:7");
  }
}

TEST_CASE("options: requested options are named as they are typed", "[options][unit]") {
  CHECK(requested(SocketOptions{}) == 0);
  SocketOptions options;
  options.bind = "::1";
  options.interface = "lo";
  options.tos = 0;
  options.ttl = 1;
  options.dont_fragment = DontFragment::allow;
  options.receive_buffer_bytes = 1;
  options.send_buffer_bytes = 1;
  options.busy_poll = 1us;
  options.mss_bytes = 1;
  options.keepalive = Keepalive{};
  options.nagle = true;
  options.framing = Framing::ethernet2;
  CHECK(option_names(requested(options)) ==
        std::vector<std::string_view>{"--bind", "--interface", "--tos", "--ttl", "--df", "--rcvbuf",
                                      "--sndbuf", "--busy-poll", "--mss", "--keepalive", "--nagle",
                                      "--framing"});
}
