#include "core/report/families_text.hpp"

#include <cerrno>
#include <sstream>

#include "tests/core/report/samples.hpp"
#include "tests/support/catch.hpp"

namespace netecho {
namespace {

FamilyFacts family(std::vector<SocketTypeFacts> types, std::vector<std::string> schemes = {}) {
  return {.number = 36,
          .pf = "PF_IEEE802154",
          .af = "AF_IEEE802154",
          .description = "low-power radio",
          .socket_types = std::move(types),
          .schemes = std::move(schemes),
          .privilege = {},
          .usable = true};
}

/// The lines of the table of one family below its headings.
std::string row_of(const FamilyFacts& one) {
  const std::string table = families_table({{one}}, {});
  return table.substr(table.find('\n') + 1);
}

}  // namespace

TEST_CASE("families: the table says what there is, and why the rest is not", "[report][unit]") {
  CHECK(families_table(samples::some_families(), {}) ==
        "family       #  usable  what it is             socket types      schemes\n"
        "PF_INET      2  yes     IPv4                   stream,           tcp, tcp4, udp,\n"
        "                                               datagram,         udp4\n"
        "                                               raw: EPERM\n"
        "PF_PACKET   17  no      frames of an           EPERM             packet\n"
        "                        interface, below IP;\n"
        "                        needs CAP_NET_RAW\n"
        "PF_TIPC     30  no      messages of a cluster  ESOCKTNOSUPPORT,  -\n"
        "                                               EPROTONOSUPPORT\n"
        "PF_NETLINK  16  -       the kernel (PF_ROUTE)  not tried         -\n");
}

TEST_CASE("families: a table has a line of headings in bold, where there is color",
          "[report][unit]") {
  const std::string plain = families_table(samples::some_families(), {});
  const std::string bold = families_table(samples::some_families(), {.colour = Colour::on});
  const std::size_t end = plain.find('\n');
  CHECK(bold == "\x1b[1m" + plain.substr(0, end) + "\x1b[0m" + plain.substr(end));
  CHECK(to_text({samples::some_time(), samples::some_families()}, {}) == plain);
}

TEST_CASE("families: what only another user may have is named beside what there is",
          "[report][unit]") {
  CHECK(row_of(family({{KernelType::stream, true, 0},
                       {KernelType::raw, false, EACCES},
                       {KernelType::rdm, false, ESOCKTNOSUPPORT},
                       {KernelType::seqpacket, false, ENODEV}})) ==
        "PF_IEEE802154  36  yes     low-power radio         stream,       -\n"
        "                                                   raw: EACCES\n");
}

TEST_CASE("families: the table fits 80 columns and ends no line with a blank", "[report][unit]") {
  FamilyFacts wide = family({{KernelType::seqpacket, true, 0},
                             {KernelType::datagram, false, ESOCKTNOSUPPORT},
                             {KernelType::stream, false, EACCES},
                             {KernelType::raw, false, EPERM}},
                            {"unix", "unixgram", "unixpacket", "mptcp", "mptcp4"});
  wide.description = "words that need several lines before they have all been said";
  wide.privilege = "CAP_SYS_ADMIN or CAP_NET_ADMIN";
  FamiliesEvent event = samples::some_families();
  event.families.push_back(wide);
  std::istringstream lines{families_table(event, {})};
  for (std::string line; std::getline(lines, line);) {
    CAPTURE(line);
    CHECK(line.size() <= 80);
    CHECK((!line.empty() && line.back() != ' '));
  }
}

}  // namespace netecho
