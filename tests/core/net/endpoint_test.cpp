#include "core/net/endpoint.hpp"

#include "tests/support/catch.hpp"

using namespace netecho;

namespace {

bool is_scheme(std::string_view text) {
  return text == "tcp" || text == "unix";
}

struct Row {
  std::string_view text;
  std::string_view scheme;
  std::string_view rest;
  bool has_slashes;
};

}  // namespace

TEST_CASE("endpoint: X:// is always a scheme, X: only if X is known", "[endpoint][unit]") {
  const Row row =
      GENERATE(Row{"tcp://h:7", "tcp", "h:7", true}, Row{"TCP:h:7", "tcp", "h:7", false},
               Row{"what://h:7", "what", "h:7", true}, Row{"h:7", "", "h:7", false},
               Row{"unix:/p", "unix", "/p", false}, Row{"unix:///p", "unix", "/p", true},
               Row{":7", "", ":7", false}, Row{"://x", "", "://x", false},
               Row{"/a://b", "", "/a://b", false}, Row{"./a://b", "", "./a://b", false},
               Row{"@a://b", "", "@a://b", false}, Row{"[::1]:7", "", "[::1]:7", false},
               Row{"a/b://c", "", "a/b://c", false}, Row{"word", "", "word", false},
               Row{"tcp:", "tcp", "", false}, Row{"", "", "", false});
  CAPTURE(row.text);
  const SplitEndpoint split = split_scheme(row.text, is_scheme);
  CHECK(split.scheme == row.scheme);
  CHECK(split.rest == row.rest);
  CHECK(split.has_slashes == row.has_slashes);
}

TEST_CASE("endpoint: the names of types and families are those of the reports",
          "[endpoint][unit]") {
  CHECK(to_string(SocketType::stream) == "stream");
  CHECK(to_string(SocketType::datagram) == "datagram");
  CHECK(to_string(SocketType::seqpacket) == "seqpacket");
  CHECK(to_string(AddressFamily::ipv4) == "ipv4");
  CHECK(to_string(AddressFamily::ipv6) == "ipv6");
  CHECK(to_string(AddressFamily::unix_domain) == "unix");
}
