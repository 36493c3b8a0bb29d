// What the table of transports promises, and what becomes of a row that lacks something.

#include "protocols/registry.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include "core/base/error.hpp"
#include "protocols/grammar/ip_rest.hpp"
#include "tests/support/catch.hpp"

using namespace netecho;
using std::string;

namespace {

/// What the user of a made-up row is told; empty if the row has that side.
string refusal(const Backend& backend, Role role) {
  try {
    check_side(backend, "made4", role, "made4://h:7");
    return {};
  } catch (const Error& error) {
    CHECK(error.category() == ErrorCategory::usage);
    return error.what();
  }
}

/// What the user of a made-up IP transport is told of an endpoint with this family's scheme.
string family_refusal(std::span<const Scheme> schemes, const Scheme& scheme, const string& rest) {
  const string typed = string{scheme.text} + "://" + rest;
  const RestContext context{
      scheme, schemes, {"made", "made", SocketType::datagram}, Role::client, typed};
  try {
    static_cast<void>(parse_ip_rest(rest, context));
    return {};
  } catch (const Error& error) {
    return error.what();
  }
}

bool offers(const std::vector<string>& words, const string& word) {
  return std::ranges::find(words, word) != words.end();
}

}  // namespace

TEST_CASE("registry: a transport without a server is refused in one sentence", "[registry][unit]") {
  Backend backend = *find_backend("udp");
  CHECK(refusal(backend, Role::serve).empty());
  backend.serve = nullptr;
  CHECK(refusal(backend, Role::serve) ==
        "endpoint made4://h:7: made4:// is only for clients: send, probe");
  CHECK(refusal(backend, Role::client).empty());
}

TEST_CASE("registry: a transport without a client is refused in one sentence", "[registry][unit]") {
  Backend backend = *find_backend("udp");
  CHECK(refusal(backend, Role::client).empty());
  backend.connect = nullptr;
  CHECK(refusal(backend, Role::client) == "endpoint made4://h:7: made4:// is only for serve");
  CHECK(refusal(backend, Role::serve).empty());
  CHECK(refusal(*find_backend("fd"), Role::client) ==
        "endpoint made4://h:7: an inherited descriptor is only for serve");
}

TEST_CASE("registry: the scheme for the other family comes from the table, if there is one",
          "[registry][unit]") {
  const std::vector<Scheme> both{
      {"any", std::nullopt}, {"old", AddressFamily::ipv4}, {"new", AddressFamily::ipv6}};
  CHECK(family_refusal(both, both[1], "[::1]:7") ==
        "endpoint old://[::1]:7: old is IPv4 only; did you mean new://[::1]:7?");
  CHECK(family_refusal(both, both[2], "127.0.0.1:7") ==
        "endpoint new://127.0.0.1:7: new is IPv6 only; did you mean old://127.0.0.1:7?");
  CHECK(family_refusal(both, both[0], "[::1]:7").empty());
  const std::vector<Scheme> one{{"old", AddressFamily::ipv4}};
  CHECK(family_refusal(one, one[0], "[::1]:7") == "endpoint old://[::1]:7: old is IPv4 only");
}

TEST_CASE("registry: what a socket is called can be typed", "[registry][unit]") {
  for (const Backend& backend : backends()) {
    if (backend.kind.scheme.empty()) continue;  // Its sockets have names of other transports.
    CAPTURE(backend.kind.scheme);
    CHECK(find_backend(backend.kind.scheme) == &backend);
    CHECK(backend.schemes.front().text == backend.kind.scheme);
    const Role role = backend.has_side(Role::serve) ? Role::serve : Role::client;
    const SocketDescription example = backend.describe(parse_endpoint(backend.example, role));
    CHECK(example.transport == backend.kind.transport);
    CHECK(example.socket_type == backend.kind.type);
    if (!example.port) continue;
    // An address makes a scheme of its family (describe()).
    CHECK(find_backend(string{backend.kind.scheme} + "4") == &backend);
    CHECK(find_backend(string{backend.kind.scheme} + "6") == &backend);
  }
}

TEST_CASE("registry: an endpoint knows the family that its scheme asks for", "[registry][unit]") {
  CHECK(parse_endpoint("tcp4://h:7", Role::client).family == AddressFamily::ipv4);
  CHECK(parse_endpoint("UDP6:h:7", Role::client).family == AddressFamily::ipv6);
  CHECK(parse_endpoint("h:7", Role::client).family == std::nullopt);
  CHECK(parse_endpoint("@name", Role::client).family == AddressFamily::unix_domain);
}

TEST_CASE("registry: every transport says of which families its addresses are",
          "[registry][unit]") {
  for (const Backend& backend : backends()) {
    CAPTURE(backend.summary);
    const bool told = std::ranges::any_of(
        backend.schemes, [](const Scheme& each) { return each.family.has_value(); });
    CHECK(told == !backend.capabilities.inherited);
  }
  using Schemes = std::vector<std::string_view>;
  const Schemes ipv6 = schemes_of(AddressFamily::ipv6);
  CHECK(std::ranges::find(ipv6, "udp") != ipv6.end());
  CHECK(std::ranges::find(ipv6, "udp6") != ipv6.end());
  CHECK(std::ranges::find(ipv6, "udp4") == ipv6.end());
  CHECK(schemes_of(AddressFamily::unix_domain) == Schemes{"unix", "unixgram", "unixpacket"});
}

TEST_CASE("registry: a half-typed endpoint is completed for who can use it", "[registry][unit]") {
  const std::vector<string> client = complete_endpoint("", Role::client);
  const std::vector<string> server = complete_endpoint("", Role::serve);
  for (const char* word : {"tcp://", "udp6://", "unixpacket://"}) {
    CAPTURE(word);
    CHECK(offers(client, word));
    CHECK(offers(server, word));
  }
  CHECK(offers(client, "icmp6://"));
  CHECK_FALSE(offers(server, "icmp6://"));
  CHECK(offers(complete_endpoint("icmp:loc", Role::client), "icmp:localhost"));
  CHECK(offers(server, "fd:"));
  CHECK_FALSE(offers(client, "fd:"));
  CHECK(complete_endpoint("tc", Role::client) ==
        std::vector<string>{"tcp://", "tcp4://", "tcp6://"});
  CHECK(complete_endpoint("fd:", Role::client).empty());
  CHECK(complete_endpoint("sd:", Role::serve).empty());
  CHECK(offers(complete_endpoint("udp:loc", Role::client), "udp:localhost:"));
  CHECK(offers(complete_endpoint("/de", Role::client), "/dev/"));
}
