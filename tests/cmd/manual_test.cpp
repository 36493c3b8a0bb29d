#include <string>
#include <vector>

#include "cmd/cli.hpp"
#include "tests/support/catch.hpp"

using namespace netecho;

namespace {

std::string part(const std::vector<std::string>& words) {
  std::vector<std::string> all{"__manual"};
  all.insert(all.end(), words.begin(), words.end());
  return std::get<PrintJob>(parse_command_line(all)).text;
}

bool contains(const std::string& text, const std::string& what) {
  return text.find(what) != std::string::npos;
}

}  // namespace

TEST_CASE("manual: an option is written for mdoc", "[unit]") {
  const std::string options = part({"options", "probe"});
  CHECK(contains(options, ".Ss Probing\n.Bl -tag -width Ds\n.It Fl c , Fl \\-count Ar N\n"));
  CHECK(contains(options, ".It Fl 4\nUse only IPv4.\n"));
  CHECK(contains(options, ".It Fl \\-show-payload Ns [= Ns Ar MAX ]\n"));
  CHECK(contains(options, "fewer than \\-\\-window are outstanding"));
}

TEST_CASE("manual: lists each option and each variable", "[unit]") {
  for (const Subcommand& each : subcommands()) {
    if (each.hidden()) continue;
    const std::string options = part({"options", each.name});
    const std::string variables = part({"environment", each.name});
    for (const OptionSpec* spec : variable_specs_of(each)) {
      CAPTURE(each.name, spec->names.c_str());
      CHECK(contains(options, std::string{main_name(*spec).substr(2)}));
      CHECK(contains(variables, ".It Ev " + variable_of(each.name, *spec) + "\n"));
    }
  }
}

TEST_CASE("manual: tells commands, exit codes and schemes", "[unit]") {
  CHECK(contains(part({"commands"}), ".It Xr netecho-probe 1\nMeasure round trips.\n"));
  CHECK(contains(part({"exit-status"}), ".It 128+n\nsignal n\n"));
  CHECK(contains(part({"schemes"}), ".It Cm udp , Cm udp4 , Cm udp6\nUDP over IPv4 or IPv6"));
  CHECK(part({"synopsis", "send"}) ==
        ".Nm netecho send\n.Op Ar OPTIONS\n.Ar ENDPOINT\n.Op Ar DATA\n");
  CHECK(part({"synopsis", "wait"}) ==
        ".Nm netecho wait\n.Op Ar OPTIONS\n.Ar ENDPOINT...\n.Op Fl \\- Ar COMMAND...\n");
  CHECK_THROWS_AS(part({"options", "no-such"}), Error);
}
