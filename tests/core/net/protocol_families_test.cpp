#include "core/net/protocol_families.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>

#include "core/base/unique_fd.hpp"
#include "tests/support/catch.hpp"

namespace netecho {
namespace {

/// The lowest descriptor that is free.
int next_descriptor() {
  return UniqueFd{::dup(STDIN_FILENO)}.get();
}

TEST_CASE("families: those of the lesson come first, then all others by their numbers",
          "[families][unit]") {
  const auto families = protocol_families();
  const int lesson[] = {PF_INET, PF_INET6, PF_LOCAL, PF_PACKET, PF_IPX};
  REQUIRE(std::size(lesson) == kLessonFamilies);
  for (std::size_t i = 0; i < kLessonFamilies; ++i) CHECK(families[i].number == lesson[i]);
  CHECK(std::ranges::is_sorted(families.subspan(kLessonFamilies), {}, &ProtocolFamily::number));
  for (int number = PF_LOCAL; number <= PF_MCTP; ++number) {
    CAPTURE(number);
    CHECK(std::ranges::count(families, number, &ProtocolFamily::number) == 1);
  }
}

TEST_CASE("families: each row says what it is, and has something to try", "[families][unit]") {
  for (const ProtocolFamily& family : protocol_families()) {
    const std::string_view name = family.name;
    const std::string_view description = family.description;
    CAPTURE(name);
    CHECK_FALSE(name.empty());
    CHECK_FALSE(name.starts_with("PF_"));
    CHECK_FALSE(description.empty());
    CHECK_FALSE(calls_of(family.tries).empty());
    CHECK((family.number != 0 && family.carrier != family.number));
  }
}

TEST_CASE("families: the types of sockets have the names of socket(2)", "[families][unit]") {
  CHECK(to_string(KernelType::stream) == "stream");
  CHECK(to_string(KernelType::datagram) == "datagram");
  CHECK(to_string(KernelType::raw) == "raw");
  CHECK(to_string(KernelType::rdm) == "rdm");
  CHECK(to_string(KernelType::seqpacket) == "seqpacket");
  CHECK(to_string(static_cast<KernelType>(5)).empty());
}

TEST_CASE("families: a socket that is tried is closed, and one that is not there says why",
          "[families][loopback]") {
  const int before = next_descriptor();
  CHECK(try_socket(PF_LOCAL, {KernelType::stream}) == 0);
  CHECK(try_socket(PF_LOCAL, {KernelType::datagram}) == 0);
  CHECK(try_socket(PF_LOCAL, {KernelType::seqpacket}) == 0);
  // Linux looks for no module for such numbers.
  CHECK(try_socket(PF_LOCAL, {KernelType::rdm}) == ESOCKTNOSUPPORT);
  CHECK(try_socket(PF_LOCAL, {KernelType::stream, 77}) == EPROTONOSUPPORT);
  CHECK(try_socket(255, {KernelType::stream}) == EAFNOSUPPORT);
  CHECK(next_descriptor() == before);
}

}  // namespace
}  // namespace netecho
