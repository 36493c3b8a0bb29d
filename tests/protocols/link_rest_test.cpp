// packet://INTERFACE[/MAC]: what is read, how it is written, and what is said of the rest.

#include <string>

#include "core/base/error.hpp"
#include "protocols/grammar/link_rest.hpp"
#include "protocols/registry.hpp"
#include "tests/support/catch.hpp"

using namespace netecho;
using std::string;

namespace {

string canonical(const string& typed, Role role = Role::client) {
  return parse_endpoint(typed, role).uri();
}

string refusal(const string& typed, Role role = Role::client) {
  try {
    return "taken: " + canonical(typed, role);
  } catch (const Error& error) {
    CHECK(error.category() == ErrorCategory::usage);
    return error.reason();
  }
}

}  // namespace

TEST_CASE("packet: an endpoint is written in one way", "[grammar][unit]") {
  for (const char* typed : {"packet://eth0/02:00:C0:a8:00:01", "packet:eth0/02-00-c0-a8-00-01",
                            "PACKET://eth0/0200.c0a8.0001", "packet://eth0/02:00:c0:a8:00:01"}) {
    CAPTURE(typed);
    CHECK(canonical(typed) == "packet://eth0/02:00:c0:a8:00:01");
  }
  CHECK(canonical("packet://Eth0.5") == "packet://Eth0.5");  // Names have upper case.
  CHECK(canonical("packet:br-lan", Role::serve) == "packet://br-lan");
  CHECK(canonical("packet://exactly15bytes_") == "packet://exactly15bytes_");
}

TEST_CASE("packet: an endpoint is described by its interface and address", "[grammar][unit]") {
  const Endpoint one = parse_endpoint("packet://eth0/0200.c0a8.0001", Role::client);
  const SocketDescription target = backend_of(one).describe(one);
  CHECK(target.uri == one.uri());
  CHECK(target.family == AddressFamily::packet);
  CHECK(target.interface == "eth0");
  CHECK(target.address == "02:00:c0:a8:00:01");
  CHECK(target.port == std::nullopt);
  const Endpoint all = parse_endpoint("packet://eth0", Role::client);
  CHECK(backend_of(all).describe(all).address == std::nullopt);
  CHECK(backend_of(all).asks_many(all));
  CHECK_FALSE(backend_of(one).asks_many(one));
  const Endpoint group = parse_endpoint("packet://eth0/ff:ff:ff:ff:ff:ff", Role::client);
  CHECK(backend_of(group).asks_many(group));
}

TEST_CASE("packet: what is wrong is told with what was probably meant", "[grammar][unit]") {
  const string missing = "the interface is missing; did you mean packet://eth0";
  CHECK(refusal("packet://") == missing + "?");
  CHECK(refusal("packet:///02:00:c0:a8:00:01") == missing + "?");
  CHECK(refusal("packet://02:00:c0:a8:00:01") == missing + "/02:00:c0:a8:00:01?");
  CHECK(refusal("packet://eth0:7") == "frames have no port; did you mean packet://eth0?");
  CHECK(refusal("packet://eth0:02:00:c0:a8:00:01") ==
        "a '/' stands between the interface and the MAC address; did you mean "
        "packet://eth0/02:00:c0:a8:00:01?");
  CHECK(refusal("packet://eth0/") ==
        "the MAC address behind '/' is empty; did you mean packet://eth0?");
  CHECK(
      refusal("packet://eth0/0200c0a80001").find("did you mean packet://eth0/02:00:c0:a8:00:01?") !=
      string::npos);
  CHECK(refusal("packet://eth0/02:00").find("'02:00' is no MAC address") == 0);
  CHECK(refusal("packet://sixteen-bytes-ab") == "the name of an interface has at most 15 bytes");
  CHECK(refusal("packet://a b") == "'a b' cannot be the name of an interface");
  CHECK(refusal("packet://..") == "'..' cannot be the name of an interface");
  CHECK(refusal("packet://eth0/02:00:c0:a8:00:01", Role::serve) ==
        "serve answers at the address that the interface has: name no other; did you mean "
        "packet://eth0?");
}

TEST_CASE("packet: neither -4 nor -6 is for frames, nor against them", "[grammar][unit]") {
  const Endpoint endpoint = parse_endpoint("packet://eth0", Role::client);
  check_family({&endpoint, 1}, FamilyChoice::ipv4_only);
  check_family({&endpoint, 1}, FamilyChoice::ipv6_only);
}
