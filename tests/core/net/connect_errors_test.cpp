#include "core/net/connect_errors.hpp"

#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <string>
#include <vector>

#include "core/net/connector.hpp"
#include "tests/core/net/sockets.hpp"

namespace netecho {
namespace {

using testing::any_port;
using testing::listening;

int option(int fd, int level, int name) {
  int value = -1;
  socklen_t size = sizeof value;
  REQUIRE(::getsockopt(fd, level, name, &value, &size) == 0);
  return value;
}
int asks_v4(int fd) {
  return option(fd, IPPROTO_IP, IP_RECVERR);
}
int asks_v6(int fd) {
  return option(fd, IPPROTO_IPV6, IPV6_RECVERR);
}

TEST_CASE("connect errors: a socket asks for those of the version that it sends",
          "[net][loopback]") {
  const UniqueFd v4{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  const UniqueFd v6{::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  const UniqueFd both{::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  keep_icmp_errors(v4.get(), any_port(), IcmpErrors::kept);
  keep_icmp_errors(v6.get(), any_port("::1"), IcmpErrors::kept);
  keep_icmp_errors(both.get(), any_port("::ffff:127.0.0.1"), IcmpErrors::kept);
  CHECK(asks_v4(v4.get()) == 1);
  CHECK(asks_v6(v6.get()) == 1);
  CHECK(asks_v4(both.get()) == 1);
  keep_icmp_errors(both.get(), any_port("::ffff:127.0.0.1"), IcmpErrors::ignored);
  CHECK(asks_v4(both.get()) == 0);
}

TEST_CASE("connect errors: a connection that stands asks for none", "[net][loopback]") {
  const auto* const ip = GENERATE("127.0.0.1", "::1", "::ffff:127.0.0.1");
  CAPTURE(ip);
  const UniqueFd server = listening(any_port(ip));
  ConnectorOptions options;
  options.subject = "x";
  const Connected got = connect_first(std::vector{local_address(server.get())}, options);
  CHECK(asks_v4(got.fd.get()) == 0);
  if (got.peer.family() == AF_INET6) CHECK(asks_v6(got.fd.get()) == 0);
}

TEST_CASE("connect errors: where nobody said anything there is none", "[net][loopback]") {
  const UniqueFd fd{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  CHECK_FALSE(take_icmp_error(fd.get()));
}

TEST_CASE("connect errors: one by ICMP is a peer out of reach, whatever its errno", "[net][unit]") {
  const IcmpError prohibited{
      .from = {0x2001'0DB8'0000'0000, 1}, .type = 1, .code = 1, .version = IcmpVersion::v6};
  const UnreachableError error{"connect", "tcp://[2001:db8::2]:7", EACCES, prohibited};
  CHECK(error.category() == ErrorCategory::connect);
  CHECK(error.icmp() == prohibited);
  CHECK(std::string{error.what()} ==
        "connect tcp://[2001:db8::2]:7: administratively prohibited, from 2001:db8::1 (EACCES)");
}

}  // namespace
}  // namespace netecho
