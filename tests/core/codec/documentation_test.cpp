#include <fstream>
#include <sstream>
#include <string_view>

#include "tests/core/codec/vectors.hpp"
#include "tests/support/catch.hpp"

using namespace netecho::test;

namespace {

/// As docs/wire-format.md prints bytes: sixteen a line, after their offset.
std::string hex_dump(const Bytes& bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string dump;
  const auto append_byte = [&](std::size_t value) {
    dump += kDigits[value >> 4];
    dump += kDigits[value & 15];
  };
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    if (at % 16 == 0) append_byte(at);
    dump += at % 8 == 0 ? "  " : " ";
    append_byte(std::to_integer<std::size_t>(bytes[at]));
    if (at % 16 == 15) dump += '\n';
  }
  return dump;
}

}  // namespace

TEST_CASE("docs: the worked example of the wire format is that of the vectors", "[unit][docs]") {
  std::ifstream file{NETECHO_WIRE_FORMAT_PAGE};
  std::ostringstream page;
  page << file.rdbuf();
  const Bytes request = vector_named("frame", "request-64").bytes("bytes");
  const Vector stamp = vector_named("stamp", "request-64");
  REQUIRE(stamp.bytes("request") == request);
  CHECK(stamp.number("received") == 1'700'000'000'123'456'789);
  CHECK(stamp.number("sent") - stamp.number("received") == 3'211);
  CHECK(stamp.number("count") == 42);
  CHECK(page.str().find(hex_dump(request)) != std::string::npos);
  CHECK(page.str().find(hex_dump(stamp.bytes("reply"))) != std::string::npos);
}
