#include "core/net/source_rules.hpp"

#include <netinet/in.h>
#include <unistd.h>

#include "core/net/own_addresses.hpp"
#include "core/net/socket_address.hpp"
#include "tests/support/catch.hpp"

using namespace netecho;

namespace {

IpNumber number(std::string_view ip) {
  return ip_number(*SocketAddress::from_ip(ip, 0)->data());
}

}  // namespace

TEST_CASE("sources: an address is one number, whichever socket it came by", "[net][unit]") {
  CHECK(number("192.0.2.1") == number("::ffff:192.0.2.1"));
  CHECK(number("192.0.2.1").is_v4());
  CHECK(number("192.0.2.1").v4() == 0xC0000201);
  CHECK(number("2001:db8::1") == IpNumber{0x20010DB800000000, 1});
  CHECK_FALSE(number("2001:db8::1").is_v4());
  CHECK(ip_port(*SocketAddress::from_ip("::1", 4711)->data()) == 4711);
  CHECK(ip_port(*SocketAddress::from_ip("10.0.0.1", 7)->data()) == 7);
  sockaddr other{};
  CHECK(ip_number(other) == IpNumber{});
  CHECK(ip_port(other) == 0);
}

TEST_CASE("sources: what one host can have is told from what many or none have", "[net][unit]") {
  for (const char* ip : {"127.0.0.1", "127.255.0.1", "::1", "::ffff:127.0.0.1"}) {
    CAPTURE(ip);
    CHECK(number(ip).is_loopback());
  }
  for (const char* ip : {"128.0.0.1", "126.255.255.255", "::2", "1::1"}) {
    CAPTURE(ip);
    CHECK_FALSE(number(ip).is_loopback());
  }
  for (const char* ip : {"1.0.0.0", "223.255.255.255", "fe80::1", "::1", "feff::1"}) {
    CAPTURE(ip);
    CHECK(number(ip).is_unicast());
  }
  for (const char* ip : {"0.0.0.0", "0.1.2.3", "224.0.0.1", "255.255.255.255", "240.0.0.1",
                         "ff02::1", "::", "::ffff:224.0.0.1"}) {
    CAPTURE(ip);
    CHECK_FALSE(number(ip).is_unicast());
  }
}

TEST_CASE("sources: a block has the addresses under its prefix and no other", "[net][unit]") {
  const struct {
    const char* block;
    const char* inside[2];
    const char* outside[2];
  } cases[] = {
      {"192.0.2.0/24", {"192.0.2.0", "192.0.2.255"}, {"192.0.1.255", "192.0.3.0"}},
      {"192.0.2.7", {"192.0.2.7", "::ffff:192.0.2.7"}, {"192.0.2.6", "192.0.2.8"}},
      {"192.0.2.6/31", {"192.0.2.6", "192.0.2.7"}, {"192.0.2.5", "192.0.2.8"}},
      {"0.0.0.0/0", {"0.0.0.0", "255.255.255.255"}, {"::1", "2001:db8::1"}},
      {"2001:db8::/32", {"2001:db8::", "2001:db8:ffff::1"}, {"2001:db7::1", "2001:db9::"}},
      {"2001:db8::/64", {"2001:db8::1", "2001:db8::ffff:1:2:3"}, {"2001:db8:0:1::", "::1"}},
      {"2001:db8::8/125", {"2001:db8::8", "2001:db8::f"}, {"2001:db8::7", "2001:db8::10"}},
      {"::1/128", {"::1", "::1"}, {"::2", "127.0.0.1"}},
      {"::/0", {"::1", "2001:db8::1"}, {"192.0.2.1", "127.0.0.1"}},
  };
  for (const auto& each : cases) {
    CAPTURE(each.block);
    const auto block = Cidr::parse(each.block);
    REQUIRE(block);
    for (const char* ip : each.inside) CHECK(block->contains(number(ip)));
    for (const char* ip : each.outside) CHECK_FALSE(block->contains(number(ip)));
  }
}

TEST_CASE("sources: what is no block is not taken for one", "[net][unit]") {
  for (const char* text :
       {"", "/", "/8", "192.0.2.0/", "192.0.2.0/33", "192.0.2.1/24", "192.0.2/24", "::/129",
        "2001:db8::1/64", "fe80::1%lo/64", "host/8", "192.0.2.0/8x", "192.0.2.0/-1",
        "192.0.2.0/ 24", "192.0.2.0/+24", "192.0.2.0/24/24"}) {
    CAPTURE(text);
    CHECK_FALSE(Cidr::parse(text).has_value());
  }
}

TEST_CASE("sources: without networks all may, with some only those", "[net][unit]") {
  SourceRules rules;
  CHECK(rules.allow(number("192.0.2.1")));
  rules.networks = {*Cidr::parse("10.0.0.0/8"), *Cidr::parse("::1")};
  CHECK(rules.allow(number("10.1.2.3")));
  CHECK(rules.allow(number("::1")));
  CHECK_FALSE(rules.allow(number("127.0.0.1")));
}

TEST_CASE("sources: an abstract name is for its own user and root unless users are named",
          "[net][unit]") {
  UserRule path;
  CHECK_FALSE(path.restricts());
  CHECK(path.allows(12345));

  UserRule abstract{{}, UserRule::Naming::abstract};
  CHECK(abstract.restricts());
  CHECK(abstract.allows(::geteuid()));
  CHECK(abstract.allows(0));
  CHECK_FALSE(abstract.allows(12345));

  for (const auto naming : {UserRule::Naming::path, UserRule::Naming::abstract}) {
    UserRule named{{12345}, naming};
    CHECK(named.restricts());
    CHECK(named.allows(12345));
    CHECK_FALSE(named.allows(0));
  }
}

TEST_CASE("sources: this host's addresses are its own, and documentation's are not",
          "[net][loopback]") {
  OwnAddresses own;
  CHECK(own.contain(number("127.0.0.1")));
  CHECK(own.contain(number("127.1.2.3")));
  CHECK(own.contain(number("::1")));
  CHECK_FALSE(own.contain(number("192.0.2.1")));
  CHECK_FALSE(own.contain(number("2001:db8::1")));
}

TEST_CASE("sources: all of IPv6 has no IPv4 in it, and the reverse", "[net][unit]") {
  for (const char* text : {"::/0", "::/64", "::/80"}) {
    CAPTURE(text);
    const auto block = Cidr::parse(text);
    REQUIRE(block);
    CHECK(block->contains(number("::1")));
    CHECK_FALSE(block->contains(number("127.0.0.1")));
  }
  CHECK(Cidr::parse("::/0")->contains(number("2001:db8::1")));
  CHECK(Cidr::parse("0.0.0.0/0")->contains(number("192.0.2.1")));
  CHECK_FALSE(Cidr::parse("0.0.0.0/0")->contains(number("::1")));
  CHECK(Cidr::parse("::ffff:0:0/96")->contains(number("192.0.2.1")));
}
