// ipx://INTERFACE[/[NET.]NODE[:SOCKET]]: what is read, how it is written, and what is said of the
// rest.

#include "protocols/grammar/ipx_rest.hpp"

#include <string>

#include "core/base/error.hpp"
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

/// What a mistake is taken for: its hint, which has to be right itself.
string meant(const string& typed, Role role = Role::client) {
  const string reason = refusal(typed, role);
  const string before = "did you mean ";
  const std::size_t at = reason.find(before);
  if (at == string::npos) return reason;
  const string hint = reason.substr(at + before.size(), reason.size() - at - before.size() - 1);
  CHECK(canonical(hint, role) == hint);
  return hint;
}

}  // namespace

TEST_CASE("ipx: an endpoint is written in one way", "[grammar][unit]") {
  for (const char* typed :
       {"ipx://eth0/1a2b.0200c0a80001:0002", "ipx:eth0/00001A2B.0200C0A80001",
        "IPX://eth0/1A2B.02-00-c0-a8-00-01:2", "ipx://eth0/1a2b.0200c0a80001:02"}) {
    CAPTURE(typed);
    CHECK(canonical(typed) == "ipx://eth0/00001a2b.0200c0a80001:0002");
  }
  CHECK(canonical("ipx://eth0/0200c0a80001:9086") == "ipx://eth0/00000000.0200c0a80001:9086");
  CHECK(canonical("ipx://eth0/0.ffffffffffff") == "ipx://eth0/00000000.ffffffffffff:0002");
  CHECK(canonical("ipx://Eth0.5") == "ipx://Eth0.5");  // Names have upper case.
  CHECK(canonical("ipx://eth0", Role::serve) == "ipx://eth0");
  CHECK(canonical("ipx://eth0/0", Role::serve) == "ipx://eth0");
  CHECK(canonical("ipx://eth0/1A2B", Role::serve) == "ipx://eth0/00001a2b");
  CHECK(canonical("ipx://eth0/FFFFFFFF", Role::serve) == "ipx://eth0/ffffffff");
}

TEST_CASE("ipx: an endpoint is described by interface, net, node and socket", "[grammar][unit]") {
  const Endpoint one = parse_endpoint("ipx://eth0/7.0200c0a80001:9086", Role::client);
  const SocketDescription target = backend_of(one).describe(one);
  CHECK(target.uri == one.uri());
  CHECK(target.family == AddressFamily::ipx);
  CHECK(target.transport == "ipx");
  CHECK(target.interface == "eth0");
  CHECK(target.address == "00000007.0200c0a80001");
  CHECK(target.port == 0x9086);
  CHECK_FALSE(backend_of(one).asks_many(one));
  CHECK(wire_format_of(one) == kNumberedFrames);
  const Endpoint all = parse_endpoint("ipx://eth0", Role::client);
  CHECK(backend_of(all).describe(all).address == std::nullopt);
  CHECK(backend_of(all).describe(all).port == std::nullopt);
  CHECK(backend_of(all).asks_many(all));
  CHECK(wire_format_of(all) == kFrames);
  const Endpoint named = parse_endpoint("ipx://eth0/ffffffffffff", Role::client);
  CHECK(backend_of(named).asks_many(named));
  const Endpoint served = parse_endpoint("ipx://eth0/1a", Role::serve);
  CHECK(backend_of(served).describe(served).uri == "ipx://eth0/0000001a");
}

TEST_CASE("ipx: what is wrong is told with what was probably meant", "[grammar][unit]") {
  const string whole = "ipx://eth0/00001a2b.0200c0a80001:0002";
  CHECK(refusal("ipx://") == "the interface is missing; did you mean ipx://eth0?");
  CHECK(meant("ipx://1a2b.0200c0a80001") == whole);
  CHECK(meant("ipx:///1a2b.0200c0a80001") == whole);
  CHECK(meant("ipx://1a2b.0200c0a80001:9086") == "ipx://eth0/00001a2b.0200c0a80001:9086");
  CHECK(meant("ipx://eth0:1a2b.0200c0a80001") == whole);
  CHECK(meant("ipx://1a2b.0200c0a80001:0:2") == whole);
  CHECK(meant("ipx://1a2b.0200c0a80001/0.ffffffffffff") == whole);
  CHECK(meant("ipx://eth0:0002") == "ipx://eth0");
  CHECK(refusal("ipx://eth0/") == "the address behind '/' is empty; did you mean ipx://eth0?");
  CHECK(meant("ipx://eth0/1a2b.0200.c0a8.0001") == whole);
  CHECK(meant("ipx://eth0/0x1a2b.0x0200c0a80001") == whole);
  CHECK(meant("ipx://eth0/1a2b.02:00:c0:a8:00:01") == whole);
  CHECK(meant("ipx://eth0/1a2b.02:00:c0:a8:00:01:9086") == "ipx://eth0/00001a2b.0200c0a80001:9086");
  CHECK(meant("ipx://eth0/1a2b") == "ipx://eth0/00001a2b.ffffffffffff:0002");
  CHECK(meant("ipx://eth0/1a2b.0200c0a80001:") == whole);
  CHECK(meant("ipx://eth0/1a2b.0200c0a80001:0452") == whole);
  CHECK(meant("ipx://eth0/1a2b.0200c0a80001:0x9086") == "ipx://eth0/00001a2b.0200c0a80001:9086");
  CHECK(meant("ipx://eth0/1a2b.0200c0a80001:ping") == whole);
  CHECK(meant("ipx://eth0/1a2b.0200c0a80001:00002") == whole);
  for (const char* nothing : {"0200c0a8000", "0200c0a8000g", "123456789.0200c0a80001",
                              ".0200c0a80001", "1a2b.", "-1.0200c0a80001", "1a2b.0200c0a80001.2"}) {
    CAPTURE(nothing);
    CHECK(refusal(string{"ipx://eth0/"} + nothing).find("is no IPX address") != string::npos);
  }
  CHECK(refusal("ipx://sixteen-bytes-ab") == "the name of an interface has at most 15 bytes");
  CHECK(refusal("ipx://a b/0200c0a80001") == "'a b' cannot be the name of an interface");
}

TEST_CASE("ipx: a server names its net at most", "[grammar][unit]") {
  CHECK(refusal("ipx://eth0/1a2b.0200c0a80001", Role::serve) ==
        "serve answers at the node that the interface is: name its net at most; did you mean "
        "ipx://eth0/00001a2b?");
  CHECK(meant("ipx://eth0/0200c0a80001:0002", Role::serve) == "ipx://eth0");
  CHECK(meant("ipx://eth0/0x1a2b", Role::serve) == "ipx://eth0/00001a2b");
  CHECK(refusal("ipx://eth0/net1", Role::serve) == "'net1' is no net: 1 to 8 hex digits");
  CHECK(refusal("ipx://eth0/123456789", Role::serve) == "'123456789' is no net: 1 to 8 hex digits");
}

TEST_CASE("ipx: what a frame carries depends on how, and is even", "[grammar][unit]") {
  // There is no such interface, so that only the length's 16 bits and what has one are limits.
  const Endpoint echo = parse_endpoint("ipx://nosuch0/0200c0a80001", Role::client);
  const Endpoint ping = parse_endpoint("ipx://nosuch0/0200c0a80001:9086", Role::client);
  SocketOptions options;
  CHECK(message_limit(echo, options) == 65'534 - 32);
  CHECK(message_limit(echo, options) == backend_of(echo).capabilities.max_message_bytes);
  CHECK(message_limit(ping, options) == 65'534 - 40);
  options.framing = Framing::raw;
  CHECK(message_limit(echo, options) == 1500 - 32);
  options.framing = Framing::llc;
  CHECK(message_limit(echo, options) == 1496 - 32);
  options.framing = Framing::snap;
  CHECK(message_limit(echo, options) == 1492 - 32);
  CHECK(message_limit(ping, options) == 1492 - 40);
}
