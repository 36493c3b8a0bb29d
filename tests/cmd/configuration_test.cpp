#include <sstream>
#include <string>
#include <vector>

#include "cmd/cli.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/variable.hpp"

using namespace netecho;

namespace {

/// What --print-config says of an option: its value, and where that comes from.
std::string said_of(const std::string& option, const std::vector<std::string>& words) {
  std::istringstream lines{std::get<PrintJob>(parse_command_line(words)).text};
  for (std::string line; std::getline(lines, line);) {
    std::istringstream parts{line};
    std::string name;
    std::string rest;
    parts >> name;
    if (name != option) continue;
    std::string out;
    while (parts >> rest) out += (out.empty() ? "" : " ") + rest;
    return out;
  }
  return "nothing";
}

}  // namespace

TEST_CASE("print-config: every option is there, with its default", "[unit]") {
  for (const Subcommand& each : subcommands()) {
    if (each.hidden()) continue;
    for (const OptionSpec* spec : variable_specs_of(each)) {
      CAPTURE(each.name, spec->names.c_str());
      const std::string said =
          said_of(std::string{main_name(*spec)}, {each.name, "--print-config"});
      CHECK(said.ends_with(" default"));
      const std::string usual{spec->usual};
      if (!usual.empty()) CHECK(said == usual + " default");
    }
  }
  CHECK(said_of("--count", {"probe", "--print-config"}) == "10 default");
  CHECK(said_of("--histogram", {"probe", "--print-config"}) == "off default");
  CHECK(said_of("--hdr", {"probe", "--print-config"}) == "- default");
}

TEST_CASE("print-config: a default is the one that --help tells", "[unit]") {
  for (const Subcommand& each : subcommands()) {
    for (const OptionSpec* spec : variable_specs_of(each)) {
      CAPTURE(each.name, spec->names.c_str());
      const std::string usual{spec->usual};
      CHECK((usual.empty() || std::string{spec->summary}.find("(" + usual) != std::string::npos));
    }
  }
}

TEST_CASE("print-config: says where a value comes from", "[unit]") {
  const Variable interval{"NETECHO_PROBE_INTERVAL", "5ms"};
  const Variable size{"NETECHO_PROBE_SIZE", "100"};
  const std::vector<std::string> words{"probe", "-s", "200", "--print-config", "udp://h:7"};
  CHECK(said_of("--interval", words) == "5ms environment NETECHO_PROBE_INTERVAL");
  CHECK(said_of("--size", words) == "200 command line");
  CHECK(said_of("--timeout", words) == "1s default");
  CHECK(said_of("endpoint", words) == "udp://h:7 command line");
}

TEST_CASE("print-config: a variable that is beaten holds nothing", "[unit]") {
  const Variable interval{"NETECHO_PROBE_INTERVAL", "5ms"};
  const Variable key{"NETECHO_KEY_FILE", "/key"};
  const std::vector<std::string> words{"probe", "--rate", "10", "--print-config"};
  CHECK(said_of("--interval", words) == "100ms default");
  CHECK(said_of("--key-file", words) == "/key environment NETECHO_KEY_FILE");
  CHECK(said_of("--key-file", {"serve", "--plain", "--print-config"}) == "- default");
}

TEST_CASE("print-config: needs no endpoint, and refuses what is wrong all the same", "[unit]") {
  CHECK(said_of("--count", {"send", "--print-config"}) == "1 default");
  CHECK(said_of("shell", {"completion", "--print-config"}) == "nothing");
  CHECK_THROWS_AS(parse_command_line({"probe", "--print-config", "-c", "x"}), Error);
  CHECK_THROWS_AS(parse_command_line({"send", "--print-config", "--cuont"}), Error);
  // What follows -- is data.
  const Job job = parse_command_line({"send", "localhost:7", "--", "--print-config"});
  CHECK(std::get<SendJob>(job).data == "--print-config");
}

TEST_CASE("print-config: the command behind -- is shown as it is typed, and none is without",
          "[wait][unit]") {
  CHECK(said_of("--deadline", {"wait", "--print-config"}) == "30s default");
  CHECK(said_of("command", {"wait", "--print-config"}) == "nothing");
  const std::vector<std::string> words{"wait", "a:1", "--print-config", "--", "make", "-w", "x"};
  CHECK(said_of("command", words) == "make -w x command line");
  CHECK(said_of("endpoint", words) == "a:1 command line");
  CHECK(said_of("--deadline", words) == "30s default");
}
