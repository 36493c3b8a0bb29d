#include "core/net/target_rules.hpp"

#include "core/net/socket_address.hpp"
#include "tests/support/catch.hpp"

using namespace netecho;

namespace {

IpNumber address(std::string_view ip) {
  return ip_number(*SocketAddress::from_ip(ip, 0)->data());
}

TargetRules rules(std::initializer_list<const char*> all) {
  TargetRules out;
  for (const char* each : all) REQUIRE(out.add(each));
  return out;
}

}  // namespace

TEST_CASE("target rules: without a rule nothing is allowed", "[net][unit]") {
  const TargetRules none;
  CHECK_FALSE(none.allows_name("example.com"));
  CHECK_FALSE(none.allows_name(""));
  CHECK_FALSE(none.allows_address(address("192.0.2.1")));
}

TEST_CASE("target rules: a network allows its addresses, mapped ones as IPv4", "[net][unit]") {
  const TargetRules some = rules({"192.0.2.0/24", "2001:db8::/32", "127.0.0.1"});
  for (const char* ip : {"192.0.2.255", "::ffff:192.0.2.7", "2001:db8::1", "127.0.0.1"}) {
    CAPTURE(ip);
    CHECK(some.allows_address(address(ip)));
  }
  for (const char* ip : {"192.0.3.0", "::ffff:192.0.3.7", "2001:db9::1", "127.0.0.2", "::1"}) {
    CAPTURE(ip);
    CHECK_FALSE(some.allows_address(address(ip)));
  }
  CHECK_FALSE(some.allows_name("192.0.2.1.example"));
  CHECK_FALSE(rules({"::/0"}).allows_address(address("::ffff:127.0.0.1")));
}

TEST_CASE("target rules: a pattern allows names as a whole, in any case", "[net][unit]") {
  const TargetRules some = rules({"*.example.com", "db[0-9]", "localhost"});
  for (const char* name : {"a.example.com", "A.B.EXAMPLE.COM", "db7", "localhost"}) {
    CAPTURE(name);
    CHECK(some.allows_name(name));
  }
  for (const char* name : {"example.com", "a.example.com.evil", "xdb7", "db77", "", "localhost."}) {
    CAPTURE(name);
    CHECK_FALSE(some.allows_name(name));
  }
}

TEST_CASE("target rules: a name reaches special addresses only with a network", "[net][unit]") {
  const TargetRules names = rules({"*"});
  for (const char* ip : {"192.0.2.1", "10.0.0.1", "2001:db8::1", "fd00::1", "fec0::1"}) {
    CAPTURE(ip);
    CHECK_FALSE(is_special(address(ip)));
    CHECK(names.allows_resolved(address(ip)));
    CHECK_FALSE(names.allows_address(address(ip)));
  }
  for (const char* ip : {"127.0.0.1", "127.8.9.10", "::1", "::ffff:127.0.0.1", "169.254.169.254",
                         "::ffff:169.254.0.1", "fe80::1", "febf::1", "224.0.0.1", "255.255.255.255",
                         "ff02::1", "0.0.0.0", "::", "::ffff:0.0.0.0"}) {
    CAPTURE(ip);
    CHECK(is_special(address(ip)));
    CHECK_FALSE(names.allows_resolved(address(ip)));
  }
  const TargetRules both = rules({"*", "127.0.0.0/8", "fe80::/10"});
  CHECK(both.allows_resolved(address("127.0.0.1")));
  CHECK(both.allows_resolved(address("::ffff:127.0.0.1")));
  CHECK(both.allows_resolved(address("fe80::1")));
  CHECK_FALSE(both.allows_resolved(address("::1")));
}

TEST_CASE("target rules: what is neither a network nor a pattern is refused", "[net][unit]") {
  for (const char* rule : {"", "10.0.0.1/8", "10.0.0.*", "10.0.0.0/33", "1.2.3", "::1/129", "a b",
                           "a/b", "host:7", "udp://host", "a\nb"}) {
    CAPTURE(rule);
    TargetRules none;
    CHECK_FALSE(none.add(rule));
  }
}
