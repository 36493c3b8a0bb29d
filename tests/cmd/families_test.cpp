#include "cmd/run/families_view.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <vector>

#include "cmd/cli.hpp"
#include "protocols/registry.hpp"
#include "tests/support/catch.hpp"

using namespace netecho;

namespace {

/// A kernel in which everything is there, unless a test says otherwise.
struct MadeUpKernel {
  struct Answer {
    int family;
    int error;
    std::optional<KernelType> type{};  ///< None: of every type.
  };
  std::vector<Answer> answers{};
  std::vector<int> asked{};

  FamiliesEvent view(FamiliesTried tried = FamiliesTried::lesson) {
    return families_view(tried, [this](int family, const SocketTry& attempt) {
      asked.push_back(family);
      for (const Answer& each : answers) {
        if (each.family == family && each.type.value_or(attempt.type) == attempt.type)
          return each.error;
      }
      return 0;
    });
  }
};

const FamilyFacts& family_of(const FamiliesEvent& view, int number) {
  const auto found = std::ranges::find_if(
      view.families, [=](const FamilyFacts& each) { return each.number == number; });
  REQUIRE(found != view.families.end());
  return *found;
}

const SocketTypeFacts& type_of(const FamilyFacts& family, KernelType type) {
  const auto found = std::ranges::find_if(
      family.socket_types, [=](const SocketTypeFacts& each) { return each.type == type; });
  REQUIRE(found != family.socket_types.end());
  return *found;
}

bool has(const std::vector<std::string>& words, std::string_view word) {
  return std::ranges::find(words, word) != words.end();
}

FamiliesTried tried_by(const std::vector<std::string>& words) {
  return std::get<FamiliesJob>(parse_command_line(words)).tried;
}

}  // namespace

TEST_CASE("families: only those of the lesson are tried, unless all are asked for",
          "[families][unit]") {
  CHECK(tried_by({"families"}) == FamiliesTried::lesson);
  CHECK(tried_by({"families", "--all", "--json"}) == FamiliesTried::all);
  MadeUpKernel few;
  const FamiliesEvent view = few.view();
  const int lesson[] = {PF_INET, PF_INET6, PF_LOCAL, PF_PACKET, PF_IPX};
  for (const int asked : few.asked) {
    CAPTURE(asked);
    CHECK(std::ranges::find(lesson, asked) != std::end(lesson));
  }
  for (const FamilyFacts& each : view.families) {
    CAPTURE(each.pf);
    const bool tried = std::ranges::find(lesson, each.number) != std::end(lesson);
    CHECK(each.usable.has_value() == tried);
    CHECK_FALSE(each.socket_types.empty());
    for (const SocketTypeFacts& type : each.socket_types) {
      CHECK(type.available.has_value() == tried);
      CHECK(type.error_number == 0);
    }
  }
  MadeUpKernel every;
  for (const FamilyFacts& each : every.view(FamiliesTried::all).families) {
    CAPTURE(each.pf);
    CHECK(each.usable == true);
    CHECK(std::ranges::find(every.asked, each.number) != every.asked.end());
  }
}

TEST_CASE("families: what the kernel lacks and what it refuses are told apart",
          "[families][unit]") {
  MadeUpKernel kernel{.answers = {{PF_INET, EPERM, KernelType::raw},
                                  {PF_INET6, EAFNOSUPPORT},
                                  {PF_LOCAL, ESOCKTNOSUPPORT, KernelType::seqpacket},
                                  {PF_PACKET, EACCES}}};
  const FamiliesEvent view = kernel.view();

  const FamilyFacts& ipv4 = family_of(view, PF_INET);
  CHECK(type_of(ipv4, KernelType::stream).available == true);
  CHECK(type_of(ipv4, KernelType::stream).error_number == 0);
  CHECK(type_of(ipv4, KernelType::raw).available == false);
  CHECK(type_of(ipv4, KernelType::raw).error_number == EPERM);
  CHECK(ipv4.usable == true);

  const FamilyFacts& ipv6 = family_of(view, PF_INET6);
  for (const SocketTypeFacts& each : ipv6.socket_types) {
    CHECK(each.available == false);
    CHECK(each.error_number == EAFNOSUPPORT);
  }
  CHECK(ipv6.usable == false);

  const FamilyFacts& local = family_of(view, PF_LOCAL);
  CHECK(type_of(local, KernelType::seqpacket).error_number == ESOCKTNOSUPPORT);
  CHECK(type_of(local, KernelType::datagram).available == true);
  CHECK(local.usable == true);

  const FamilyFacts& packet = family_of(view, PF_PACKET);
  CHECK(type_of(packet, KernelType::datagram).error_number == EACCES);
  CHECK(packet.privilege == "CAP_NET_RAW");
  CHECK(packet.usable == false);
}

TEST_CASE("families: IPX needs no kernel that has it, but sockets of PF_PACKET",
          "[families][unit]") {
  const auto usable = [](std::vector<MadeUpKernel::Answer> answers) {
    MadeUpKernel kernel{.answers = std::move(answers)};
    return family_of(kernel.view(), PF_IPX).usable;
  };
  const bool spoken = !schemes_of(AddressFamily::ipx).empty();
  CHECK(usable({{PF_IPX, EAFNOSUPPORT}}) == spoken);
  CHECK(usable({{PF_IPX, EAFNOSUPPORT}, {PF_PACKET, EPERM}}) == false);
  CHECK(usable({{PF_PACKET, EPERM}}) == true);
  MadeUpKernel kernel{.answers = {{PF_IPX, EAFNOSUPPORT}}};
  const FamilyFacts ipx = family_of(kernel.view(), PF_IPX);
  CHECK(ipx.description.ends_with("in user space over PF_PACKET"));
  // What the kernel said of its own is told all the same.
  CHECK(type_of(ipx, KernelType::datagram).error_number == EAFNOSUPPORT);
}

TEST_CASE("families: schemes are those of the registry, each beside its family",
          "[families][unit]") {
  MadeUpKernel kernel;
  const FamiliesEvent view = kernel.view();
  const auto& ipv4 = family_of(view, PF_INET).schemes;
  const auto& ipv6 = family_of(view, PF_INET6).schemes;
  CHECK((has(ipv4, "tcp") && has(ipv4, "tcp4") && !has(ipv4, "tcp6") && has(ipv4, "udp4")));
  CHECK((has(ipv6, "tcp") && has(ipv6, "tcp6") && !has(ipv6, "tcp4") && has(ipv6, "udp6")));
  CHECK(family_of(view, PF_LOCAL).schemes ==
        std::vector<std::string>{"unix", "unixgram", "unixpacket"});
  for (const Backend& backend : backends()) {
    for (const Scheme& scheme : backend.schemes) {
      CAPTURE(scheme.text);
      const bool shown = std::ranges::any_of(
          view.families, [&](const FamilyFacts& each) { return has(each.schemes, scheme.text); });
      // A descriptor that was inherited may be of any.
      CHECK(shown == !backend.capabilities.inherited);
    }
  }
}
