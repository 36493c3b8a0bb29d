#include <string>
#include <vector>

#include "core/base/error.hpp"
#include "core/base/random.hpp"
#include "protocols/registry.hpp"
#include "tests/protocols/parse_refusal.hpp"
#include "tests/support/catch.hpp"

using namespace netecho;
using namespace netecho::test;
using std::string;

namespace {

string uri(std::string_view text, Role role = Role::client) {
  return parse_endpoint(text, role).uri();
}

struct Row {
  string typed;
  string expected;
};

const string kLongest(107, 'x');

}  // namespace

TEST_CASE("endpoint: every form has one canonical spelling", "[endpoint][unit]") {
  const std::vector<Row> rows{
      {"tcp://127.0.0.1:7", "tcp://127.0.0.1:7"},
      {"tcp:127.0.0.1:7", "tcp://127.0.0.1:7"},
      {"TCP://LocalHost:7", "tcp://LocalHost:7"},
      {"tcp4://127.0.0.1:7", "tcp4://127.0.0.1:7"},
      {"tcp6://[::1]:7", "tcp6://[::1]:7"},
      {"tcp://[0:0:0:0:0:0:0:1]:07", "tcp://[::1]:7"},
      {"tcp://[FE80::1%eth0]:7", "tcp://[fe80::1%eth0]:7"},
      {"tcp://[::ffff:1.2.3.4]:7", "tcp://[::ffff:1.2.3.4]:7"},
      {"tcp://:7", "tcp://:7"},
      {"tcp::7", "tcp://:7"},
      {"tcp://host:65535", "tcp://host:65535"},
      {"tcp://host:http", "tcp://host:80"},
      {"udp:localhost:7", "udp://localhost:7"},
      {"Udp6:[::1]:7", "udp6://[::1]:7"},
      {"unix:///run/e.sock", "unix:///run/e.sock"},
      {"unix:/run/e.sock", "unix:///run/e.sock"},
      {"unix:e.sock", "unix://e.sock"},
      {"unix:///run/a%20b?c#d:e", "unix:///run/a%20b?c#d:e"},
      {"unix:@name", "unix://@name"},
      {"unixgram:@a/b:c", "unixgram://@a/b:c"},
      {"UNIXPACKET:///p", "unixpacket:///p"},
      {"MPTCP6:[::1]:7", "mptcp6://[::1]:7"},
      {"mptcp:localhost:7", "mptcp://localhost:7"},
      {"unix:" + kLongest, "unix://" + kLongest},
      {"unix:@" + kLongest, "unix://@" + kLongest},
      {string{"unix:@a\0b", 9}, string{"unix://@a\0b", 11}},
      {"/run/e.sock", "unix:///run/e.sock"},
      {"./e.sock", "unix://./e.sock"},
      {"../e.sock", "unix://../e.sock"},
      {"/tmp/tcp://x", "unix:///tmp/tcp://x"},
      {"@name", "unix://@name"},
      {"@tcp://name", "unix://@tcp://name"},
      {"localhost:7", "tcp://localhost:7"},
      {":7", "tcp://:7"},
      {"[::1]:7", "tcp://[::1]:7"},
      {"foo:7", "tcp://foo:7"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.typed);
    CHECK(uri(row.typed) == row.expected);
    CHECK(uri(row.typed, Role::serve) == row.expected);
    CHECK(parse_endpoint(row.typed, Role::serve).typed == row.typed);
  }
}

TEST_CASE("endpoint: serve takes a bare port, port 0 and inherited descriptors",
          "[endpoint][unit]") {
  CHECK(uri("7", Role::serve) == "tcp://localhost:7");
  CHECK(uri("0", Role::serve) == "tcp://localhost:0");
  CHECK(uri("http", Role::serve) == "tcp://localhost:80");
  CHECK(uri("tcp://:0", Role::serve) == "tcp://:0");
}

TEST_CASE("endpoint: a mistake is named, with the spelling that works where there is one",
          "[endpoint][unit]") {
  const std::vector<Row> rows{
      {"", "endpoint '': it is empty"},
      {"http://h:7",
       "endpoint http://h:7: unknown scheme 'http'; known are tcp, tcp4, tcp6, mptcp, mptcp4, "
       "mptcp6, udp, udp4, udp6, icmp, icmp4, icmp6, unix, unixgram, unixpacket, packet, ipx, fd, "
       "sd"},
      {"mtpcp://h:7", "endpoint mtpcp://h:7: unknown scheme 'mtpcp'; did you mean mptcp://h:7?"},
      {"mptcp4://[::1]:7",
       "endpoint mptcp4://[::1]:7: mptcp4 is IPv4 only; did you mean mptcp6://[::1]:7?"},
      {"mptcp:7", "endpoint mptcp:7: the host is missing; did you mean mptcp://:7?"},
      {"tpc://h:7", "endpoint tpc://h:7: unknown scheme 'tpc'; did you mean tcp://h:7?"},
      {"unixdgram:///p",
       "endpoint unixdgram:///p: unknown scheme 'unixdgram'; did you mean unixgram:///p?"},
      {"tcp://::1:7",
       "endpoint tcp://::1:7: an IPv6 address needs brackets; did you mean tcp://[::1]:7?"},
      {"tcp:fe80::1%eth0:7",
       "endpoint tcp:fe80::1%eth0:7: an IPv6 address needs brackets; did you mean "
       "tcp://[fe80::1%eth0]:7?"},
      {"::1:7", "endpoint ::1:7: an IPv6 address needs brackets; did you mean [::1]:7?"},
      {"udp://::1",
       "endpoint udp://::1: an IPv6 address needs brackets; did you mean udp://[::1]:PORT?"},
      {"tcp://a:b:7", "endpoint tcp://a:b:7: a host name has no ':'"},
      {"tcp://[::1:7", "endpoint tcp://[::1:7: the ']' is missing; did you mean tcp://[::1]:7?"},
      {"tcp://[::1]7",
       "endpoint tcp://[::1]7: a ':' and the port must follow ']'; did you mean tcp://[::1]:7?"},
      {"tcp://[::1]", "endpoint tcp://[::1]: the port is missing; did you mean tcp://[::1]:PORT?"},
      {"tcp://[127.0.0.1]:7",
       "endpoint tcp://[127.0.0.1]:7: '127.0.0.1' is not an IPv6 address; did you mean "
       "tcp://127.0.0.1:7?"},
      {"tcp://[:::1]:7", "endpoint tcp://[:::1]:7: ':::1' is not an IPv6 address"},
      {"tcp://[::1%lo]:7",
       "endpoint tcp://[::1%lo]:7: only a link-local address has a zone; did you mean "
       "tcp://[::1]:7?"},
      {"tcp://[fe80::1%]:7",
       "endpoint tcp://[fe80::1%]:7: the zone behind '%' is empty: it names an interface"},
      {"tcp://[fe80::1%a/b]:7",
       "endpoint tcp://[fe80::1%a/b]:7: 'a/b' cannot be the name of an interface"},
      {"tcp:7", "endpoint tcp:7: the host is missing; did you mean tcp://:7?"},
      {"tcp://7", "endpoint tcp://7: the host is missing; did you mean tcp://:7?"},
      {"7", "endpoint 7: the host is missing; did you mean localhost:7?"},
      {"localhost", "endpoint localhost: the port is missing; did you mean localhost:PORT?"},
      {"tcp://localhost",
       "endpoint tcp://localhost: the port is missing; did you mean tcp://localhost:PORT?"},
      {"localhost:", "endpoint localhost:: the port is missing; did you mean localhost:PORT?"},
      {"tcp:", "endpoint tcp:: host and port are missing; did you mean tcp://localhost:PORT?"},
      {"tcp", "endpoint tcp: a scheme alone is no endpoint"},
      {"run/e.sock",
       "endpoint run/e.sock: a path starts with '/', './' or '../'; did you mean ./run/e.sock?"},
      {"tcp://h:65536", "endpoint tcp://h:65536: port 65536 is out of range: 0 to 65535"},
      {"h:99999999999999999999",
       "endpoint h:99999999999999999999: port 99999999999999999999 is out of range: 0 to 65535"},
      {"tcp://h:-1", "endpoint tcp://h:-1: '-1' is neither a port number nor a known service"},
      {"tcp://h:no-such",
       "endpoint tcp://h:no-such: 'no-such' is neither a port number nor a known service"},
      {"tcp://h:7/",
       "endpoint tcp://h:7/: '7/' is neither a port number nor a known service; did you mean "
       "tcp://h:7?"},
      {"tcp://h:0", "endpoint tcp://h:0: port 0 is only for serve, where the kernel picks one"},
      {"tcp://h:7?ttl=3",
       "endpoint tcp://h:7?ttl=3: an endpoint takes no '?'; options are separate arguments; did "
       "you mean tcp://h:7?"},
      {"tcp://*:7",
       "endpoint tcp://*:7: a wildcard is written as an empty host; did you mean tcp://:7?"},
      {"tcp://me@h:7", "endpoint tcp://me@h:7: a host name cannot contain '@'"},
      {"tcp://127.1:7",
       "endpoint tcp://127.1:7: '127.1' is not an IPv4 address; did you mean tcp://127.0.0.1:7?"},
      {"tcp://1.2.3.256:7", "endpoint tcp://1.2.3.256:7: '1.2.3.256' is not an IPv4 address"},
      {"tcp4://[::1]:7",
       "endpoint tcp4://[::1]:7: tcp4 is IPv4 only; did you mean tcp6://[::1]:7?"},
      {"udp6://127.0.0.1:7",
       "endpoint udp6://127.0.0.1:7: udp6 is IPv6 only; did you mean udp4://127.0.0.1:7?"},
      {"unix:", "endpoint unix:: the path is empty"},
      {"unix://", "endpoint unix://: the path is empty"},
      {"@", "endpoint @: the abstract name behind '@' is empty"},
      {"unix:" + kLongest + "x",
       "endpoint unix:" + kLongest + "x: the path has 108 bytes; a socket's name has at most 107"},
      {"@" + kLongest + "x",
       "endpoint @" + kLongest +
           "x: the abstract name has 108 bytes; a socket's name has at most 107"},
      {string{"unix:a\0b", 8}, "endpoint unix:a\\x00b: a path has no NUL byte"},
      {string{"tcp://a\0b:7", 11}, "endpoint tcp://a\\x00b:7: it contains a NUL byte"},
      {"fd:3", "endpoint fd:3: an inherited descriptor is only for serve"},
      {"sd:", "endpoint sd:: an inherited descriptor is only for serve"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.typed);
    CHECK(parse_refusal(row.typed) == row.expected);
  }
}

TEST_CASE("endpoint: two arguments HOST PORT are recognized", "[endpoint][unit]") {
  CHECK(host_port_hint("localhost", "7") == "localhost:7");
  CHECK(host_port_hint("localhost", "hello") == std::nullopt);
  CHECK(host_port_hint("localhost:7", "8") == std::nullopt);
  CHECK(host_port_hint("127.1", "8") == std::nullopt);
}

TEST_CASE("endpoint: the canonical form parses to itself", "[endpoint][unit]") {
  // Pieces joined at random: whatever is accepted must survive a round trip, and nothing may throw
  // anything but a usage Error.
  const std::vector<string> pieces{
      "tcp",           "UDP6", "unix", "unixgram", ":",    "//", "/",    "[",   "]",   "::1",
      "fe80::1",       "%lo",  "@",    ".",        "..",   "7",  "0",    "655", "36",  "host",
      "127.0.0.1",     "\xff", "echo", "?",        "x://", "*",  "fd:3", "sd",  "%25", " ",
      string(1, '\0'), "icmp"};
  SplitMix64 random{20261123};
  int accepted = 0;
  for (int i = 0; i < 200'000; ++i) {
    string text;
    const std::uint64_t length = 1 + random.next() % 6;
    for (std::uint64_t j = 0; j < length; ++j) text += pieces[random.next() % pieces.size()];
    const Role role = random.next() % 2 == 0 ? Role::serve : Role::client;
    try {
      const Endpoint once = parse_endpoint(text, role);
      ++accepted;
      const Endpoint twice = parse_endpoint(once.uri(), role);
      if (twice.scheme != once.scheme || twice.rest != once.rest) FAIL(text + " " + once.uri());
    } catch (const Error& error) {
      if (error.category() != ErrorCategory::usage) FAIL(text);
    }
  }
  CHECK(accepted > 10'000);
}

TEST_CASE("endpoint: -4 and -6 rule out what is written for the other family", "[endpoint][unit]") {
  const std::vector<Endpoint> v6{parse_endpoint("tcp://[::1]:7", Role::client)};
  CHECK_NOTHROW(check_family(v6, FamilyChoice::any));
  CHECK_NOTHROW(check_family(v6, FamilyChoice::ipv6_only));
  CHECK_THROWS_AS(check_family(v6, FamilyChoice::ipv4_only), Error);
  const std::vector<Endpoint> either{parse_endpoint("tcp://h:7", Role::client),
                                     parse_endpoint("@name", Role::client)};
  CHECK_NOTHROW(check_family(either, FamilyChoice::ipv4_only));
}

TEST_CASE("endpoint: an option that no endpoint has is refused, one that some have not is said",
          "[endpoint][unit]") {
  const Endpoint tcp = parse_endpoint("tcp://h:7", Role::client);
  const Endpoint udp = parse_endpoint("udp://h:7", Role::client);
  SocketOptions options;
  options.mss_bytes = 500;
  CHECK(check_socket_options(std::vector{tcp}, options, Role::client).empty());
  CHECK(check_socket_options(std::vector{tcp, udp}, options, Role::client) ==
        std::vector<string>{"--mss means nothing for udp://h:7"});
  CHECK_THROWS_AS(check_socket_options(std::vector{udp}, options, Role::client), Error);
}

TEST_CASE("endpoint: the target object says what is known before a look-up", "[endpoint][unit]") {
  const auto described = [](std::string_view text) {
    const Endpoint endpoint = parse_endpoint(text, Role::client);
    return backend_of(endpoint).describe(endpoint);
  };
  const SocketDescription name = described("udp://host:7");
  CHECK(name.uri == "udp://host:7");
  CHECK(name.transport == "udp");
  CHECK(name.socket_type == SocketType::datagram);
  CHECK(name.family == std::nullopt);
  CHECK(name.address == "host");
  CHECK(name.port == 7);
  CHECK(name.abstract == std::nullopt);
  const SocketDescription v6 = described("tcp://[::1]:7");
  CHECK(v6.family == AddressFamily::ipv6);
  CHECK(v6.address == "::1");
  const SocketDescription abstract = described("unixpacket://@n");
  CHECK(abstract.transport == "unix");
  CHECK(abstract.socket_type == SocketType::seqpacket);
  CHECK(abstract.path == "n");
  CHECK(abstract.abstract == true);
}
