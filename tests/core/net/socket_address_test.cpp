#include "core/net/socket_address.hpp"

#include <net/if.h>
#include <sys/un.h>

#include <cstddef>
#include <cstring>

#include "core/base/unique_fd.hpp"
#include "tests/core/net/sockets.hpp"
#include "tests/support/catch.hpp"

using namespace netecho;
using netecho::testing::kTcp;
using netecho::testing::kUdp;

namespace {

constexpr SocketKind kUnix{"unix", "unix", SocketType::stream};
constexpr SocketKind kUnixgram{"unixgram", "unix", SocketType::datagram};

}  // namespace

TEST_CASE("address: numeric IP is read and written canonically", "[address][unit]") {
  const SocketAddress v4 = *SocketAddress::from_ip("192.0.2.1", 7);
  CHECK(v4.family() == AF_INET);
  CHECK(v4.ip() == "192.0.2.1");
  CHECK(v4.port() == 7);
  const SocketAddress v6 = *SocketAddress::from_ip("2001:DB8:0:0::1", 65535);
  CHECK(v6.family() == AF_INET6);
  CHECK(v6.ip() == "2001:db8::1");
  CHECK(v6.port() == 65535);
  for (const char* bad :
       {"", "host", "127.1", "::1%", "fe80::1%no-such-if", "1.2.3.4%lo", "[::1]"}) {
    CAPTURE(bad);
    CHECK_FALSE(SocketAddress::from_ip(bad, 0).has_value());
  }
  CHECK_FALSE(SocketAddress::from_ip(std::string_view{"::1\0x", 5}, 0).has_value());
}

TEST_CASE("address: only what has a zone gets another", "[address][unit]") {
  if (const auto zoned = SocketAddress::from_ip("fe80::1%lo", 7)) {
    SocketAddress address = *zoned;
    address.set_zone(4711);
    CHECK_FALSE(address == *zoned);
    address.set_zone(::if_nametoindex("lo"));
    CHECK(address == *zoned);
  }
  for (const char* other : {"2001:db8::1", "::", "192.0.2.1"}) {
    SocketAddress address = *SocketAddress::from_ip(other, 7);
    address.set_zone(4711);
    CHECK(address == *SocketAddress::from_ip(other, 7));
  }
}

TEST_CASE("address: a zone is a name or an index, and printed as a name", "[address][unit]") {
  const unsigned index = ::if_nametoindex("lo");
  if (index == 0) return;
  const SocketAddress named = *SocketAddress::from_ip("fe80::1%lo", 7);
  CHECK(named == *SocketAddress::from_ip("fe80::1%" + std::to_string(index), 7));
  CHECK(named.ip() == "fe80::1%lo");
  CHECK_FALSE(named == *SocketAddress::from_ip("fe80::1", 7));
}

TEST_CASE("address: the port can be changed", "[address][unit]") {
  for (const char* ip : {"127.0.0.1", "::1"}) {
    SocketAddress address = *SocketAddress::from_ip(ip, 1);
    address.set_port(4242);
    CHECK(address.port() == 4242);
    CHECK(address.ip() == ip);
    CHECK(address == *SocketAddress::from_ip(ip, 4242));
  }
}

TEST_CASE("address: wildcards and loopback are told apart", "[address][unit]") {
  const auto wildcard = [](const char* ip) { return SocketAddress::from_ip(ip, 0)->is_wildcard(); };
  const auto loopback = [](const char* ip) { return SocketAddress::from_ip(ip, 0)->is_loopback(); };
  CHECK(wildcard("0.0.0.0"));
  CHECK(wildcard("::"));
  CHECK_FALSE(wildcard("127.0.0.1"));
  CHECK(loopback("127.0.0.1"));
  CHECK(loopback("127.255.0.3"));
  CHECK(loopback("::1"));
  CHECK_FALSE(loopback("128.0.0.1"));
  CHECK_FALSE(loopback("::2"));
  CHECK(SocketAddress::from_unix_path("/p").is_loopback());
}

TEST_CASE("address: IPv4 goes into an IPv6 socket and comes back", "[address][unit]") {
  const SocketAddress v4 = *SocketAddress::from_ip("192.0.2.9", 77);
  CHECK(mapped(v4) == *SocketAddress::from_ip("::ffff:192.0.2.9", 77));
  CHECK(unmapped(mapped(v4)) == v4);
  const SocketAddress v6 = *SocketAddress::from_ip("2001:db8::1", 77);
  CHECK(mapped(v6) == v6);
  CHECK(unmapped(v6) == v6);
}

TEST_CASE("address: a path ends with a NUL, an abstract name has its exact length",
          "[address][unit]") {
  const std::string longest(107, 'p');
  CHECK(SocketAddress::from_unix_path(longest).size() == sizeof(sockaddr_un));
  CHECK(SocketAddress::from_unix_path("/p").size() == offsetof(sockaddr_un, sun_path) + 3);
  CHECK(SocketAddress::from_abstract("n").size() == offsetof(sockaddr_un, sun_path) + 2);
  CHECK_FALSE(SocketAddress::from_abstract("n") == SocketAddress::from_unix_path("n"));
}

TEST_CASE("address: a socket is described as an endpoint that can be typed", "[address][unit]") {
  const auto uri = [](const SocketAddress& address, const SocketKind& kind) {
    return describe(address, kind)->uri;
  };
  CHECK(uri(*SocketAddress::from_ip("127.0.0.1", 7), kTcp) == "tcp4://127.0.0.1:7");
  CHECK(uri(*SocketAddress::from_ip("::1", 7), kUdp) == "udp6://[::1]:7");
  constexpr SocketKind kPortless{.scheme = "made", .transport = "made", .has_ports = false};
  CHECK(uri(*SocketAddress::from_ip("::1", 7), kPortless) == "made6://[::1]");
  CHECK(uri(*SocketAddress::from_ip("127.0.0.1", 7), kPortless) == "made4://127.0.0.1");
  CHECK(uri(SocketAddress::from_unix_path("/run/e.sock"), kUnix) == "unix:///run/e.sock");
  CHECK(uri(SocketAddress::from_unix_path("e.sock"),
            {"unixpacket", "unix", SocketType::seqpacket}) == "unixpacket://e.sock");
  CHECK(uri(SocketAddress::from_unix_path("@file"), kUnix) == "unix://./@file");
  const auto abstract = *describe(SocketAddress::from_abstract({"a\0b", 3}), kUnixgram);
  CHECK(abstract.uri == std::string("unixgram://@a\0b", 15));
  CHECK(abstract.path == std::string("a\0b", 3));
  CHECK(abstract.abstract == true);
  CHECK(abstract.family == AddressFamily::unix_domain);
  const auto ip = *describe(*SocketAddress::from_ip("::1", 7), kTcp);
  CHECK(ip.transport == "tcp");
  CHECK(ip.address == "::1");
  CHECK(ip.port == 7);
  CHECK(ip.abstract == std::nullopt);
}

TEST_CASE("address: an unnamed unix socket has no description", "[address][unit]") {
  const UniqueFd fd{::socket(AF_UNIX, SOCK_DGRAM, 0)};
  const SocketAddress local = local_address(fd.get());
  CHECK(local.is_unnamed());
  CHECK(describe(local, kUnixgram) == std::nullopt);
  CHECK(peer_address(fd.get()).size() == 0);
  CHECK(describe(SocketAddress{}, kTcp) == std::nullopt);
}
