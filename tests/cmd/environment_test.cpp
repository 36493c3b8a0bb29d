#include <algorithm>
#include <list>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "cmd/cli.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/option_samples.hpp"
#include "tests/support/variable.hpp"

using namespace netecho;
using namespace std::chrono_literals;

namespace {

std::string complaint(const std::vector<std::string>& words) {
  try {
    static_cast<void>(parse_command_line(words));
  } catch (const Error& error) {
    CHECK(error.category() == ErrorCategory::usage);
    return error.what();
  }
  return "";
}

/// What is wrong with the options, if nothing is to be run.
std::string complaint_about(const Subcommand& subcommand, std::vector<std::string> options) {
  options.insert(options.begin(), {subcommand.name, "--print-config"});
  return complaint(options);
}

ProbeJob probe(std::vector<std::string> words) {
  words.insert(words.begin(), {"probe", "localhost:7"});
  return std::get<ProbeJob>(parse_command_line(words));
}

std::vector<std::string> unknown_variables(std::string_view subcommand) {
  Environment environment{subcommand};
  for (const OptionSpec* spec : variable_specs_of(*find_subcommand(subcommand))) {
    static_cast<void>(environment.take(*spec));
  }
  return environment.complaints();
}

/// Those options that can be given alone, by their values.
std::vector<const OptionSpec*> usable_alone(const Subcommand& subcommand) {
  std::vector<const OptionSpec*> out;
  for (const OptionSpec* spec : variable_specs_of(subcommand)) {
    if (complaint_about(subcommand, typed_with(*spec, sample_of(*spec))).empty()) {
      out.push_back(spec);
    }
  }
  return out;
}

using Specs = std::vector<const OptionSpec*>;

/// What is wrong while the variables of these are set; `typed` may be null.
std::string complaint_beside(const Subcommand& subcommand, const Specs& set,
                             const OptionSpec* typed) {
  std::list<Variable> variables;
  for (const OptionSpec* each : set) {
    if (each == typed) continue;
    variables.emplace_back(variable_of(subcommand.name, *each), sample_of(*each));
  }
  return complaint_about(subcommand, typed == nullptr ? std::vector<std::string>{}
                                                      : typed_with(*typed, sample_of(*typed)));
}

/// Parts options into sets whose variables may be set at the same time: each pair of an option and
/// a variable by itself would be thousands of command lines.
std::vector<Specs> compatible_sets(const Subcommand& subcommand, const Specs& all) {
  std::vector<Specs> out;
  for (const OptionSpec* spec : all) {
    const auto takes = [&](Specs& set) {
      set.push_back(spec);
      if (complaint_beside(subcommand, set, nullptr).empty()) return true;
      set.pop_back();
      return false;
    };
    if (std::ranges::none_of(out, takes)) out.push_back({spec});
  }
  return out;
}

}  // namespace

TEST_CASE("environment: each option has a variable that no other one has", "[unit]") {
  CHECK(variable_of("probe", {"-c,--count", kNumber, ""}) == "NETECHO_PROBE_COUNT");
  CHECK(variable_of("serve", {"--udp-max-rate", kNumber, ""}) == "NETECHO_SERVE_UDP_MAX_RATE");
  CHECK(variable_of("send", {"-4", kFlag, ""}) == "NETECHO_SEND_4");
  for (const Subcommand& each : subcommands()) {
    std::set<std::string> names;
    for (const OptionSpec* spec : variable_specs_of(each)) {
      CHECK(names.insert(variable_of(each.name, *spec)).second);
    }
  }
}

TEST_CASE("environment: a variable does what its option does", "[unit]") {
  const Variable count{"NETECHO_PROBE_COUNT", "3"};
  const Variable interval{"NETECHO_PROBE_INTERVAL", "5ms"};
  const Variable flag{"NETECHO_PROBE_HISTOGRAM", "yes"};
  const Variable off{"NETECHO_PROBE_RETRY", "0"};
  const Variable verbose{"NETECHO_PROBE_VERBOSE", "2"};
  const Variable threshold{"NETECHO_PROBE_FAIL_IF", "loss>1%"};
  const ProbeJob job = probe({});
  CHECK(job.probe.count == 3);
  CHECK(job.probe.interval == 5ms);
  CHECK(job.histogram);
  CHECK(job.probe.reconnect == Reconnect::no);
  CHECK(job.common.verbosity == 2);
  CHECK(job.fail_if.size() == 1);
}

TEST_CASE("environment: what is typed goes before it, and an empty one is unset", "[unit]") {
  const Variable count{"NETECHO_PROBE_COUNT", "3"};
  const Variable size{"NETECHO_PROBE_SIZE", ""};
  const Variable threshold{"NETECHO_PROBE_FAIL_IF", "loss>1%"};
  const Variable other{"NETECHO_SEND_RETRY", "7"};
  const ProbeJob job = probe({"-c", "5", "--fail-if", "loss>2%"});
  CHECK(job.probe.count == 5);
  CHECK(job.probe.size_bytes == 64);
  REQUIRE(job.fail_if.size() == 1);
  CHECK(job.fail_if[0].expression == "loss>2%");
}

TEST_CASE("environment: the value of any option can come from its variable", "[unit]") {
  for (const Subcommand& each : subcommands()) {
    if (each.hidden()) continue;
    for (const OptionSpec* spec : usable_alone(each)) {
      const std::string name = variable_of(each.name, *spec);
      CAPTURE(name);
      const Variable variable{name, sample_of(*spec)};
      const std::string text =
          std::get<PrintJob>(parse_command_line({each.name, "--print-config"})).text;
      CHECK(text.find("  environment " + name + "\n") != std::string::npos);
    }
  }
}

TEST_CASE("environment: an option that is typed beats the variables of those it excludes",
          "[unit]") {
  for (const Subcommand& each : subcommands()) {
    const Specs all = each.hidden() ? Specs{} : usable_alone(each);
    for (const Specs& weaker : compatible_sets(each, all)) {
      for (const OptionSpec* typed : all) {
        CAPTURE(each.name, typed->names, weaker.front()->names);
        CHECK(complaint_beside(each, weaker, typed).empty());
      }
    }
  }
}

TEST_CASE("environment: an argument beats variables, too", "[unit]") {
  const Variable self{"NETECHO_PROBE_SELF", "1"};
  CHECK_FALSE(probe({}).self);
  CHECK(std::get<ProbeJob>(parse_command_line({"probe"})).self);
  const Variable hex{"NETECHO_SEND_HEX", "00"};
  CHECK(std::get<SendJob>(parse_command_line({"send", "localhost:7", "x"})).data == "x");
}

TEST_CASE("environment: what is typed beats what a variable would do silently", "[unit]") {
  const Variable level{"NETECHO_PROBE_LOG_LEVEL", "off"};
  CHECK(probe({}).common.log_level == LogLevel::off);
  CHECK(probe({"-v"}).common.log_level == LogLevel::info);
  const Variable quiet{"NETECHO_PROBE_QUIET", "1"};
  CHECK_FALSE(probe({"-v"}).common.quiet);
  const Variable format{"NETECHO_PROBE_FORMAT", "jsonl"};
  CHECK(chosen_format(probe({"--json"}).common, Wanted::document).name == "json");
  const Variable mode{"NETECHO_PROBE_SIZE", "100"};
  CHECK(probe({"--mode", "echo"}).probe.size_bytes == 100);
  CHECK(probe({"--mode", "connect"}).probe.size_bytes == 64);
}

TEST_CASE("environment: the file of metrics is left where another format is typed", "[unit]") {
  const Variable output{"NETECHO_PROBE_OUTPUT", "/f"};
  const Variable format{"NETECHO_PROBE_FORMAT", "prometheus"};
  CHECK(probe({}).output_path == "/f");
  CHECK(probe({"--format", "prometheus"}).output_path == "/f");
  CHECK(probe({"--output", "/typed"}).output_path == "/typed");
  for (const char* typed : {"--json", "--format=text", "--format=json", "--format=jsonl"}) {
    CHECK(probe({typed}).output_path.empty());
  }
  const Variable words{"NETECHO_PROBE_FORMAT", "jsonl"};
  CHECK(complaint({"probe", "localhost:7"}) ==
        "environment NETECHO_PROBE_OUTPUT: is the file of --format prometheus");
}

TEST_CASE("environment: a command behind -- takes nothing from the options of wait",
          "[wait][unit]") {
  const Variable deadline{"NETECHO_WAIT_DEADLINE", "1m"};
  const Variable any{"NETECHO_WAIT_ANY", "1"};
  const std::vector<std::string> command{"netecho", "wait", "--deadline=9s", "--", "--format"};
  std::vector<std::string> words{"wait", "localhost:7", "--"};
  words.insert(words.end(), command.begin(), command.end());
  const auto job = std::get<WaitJob>(parse_command_line(words));
  CHECK(job.deadline == 1min);
  CHECK(job.wanted == WaitFor::any);
  CHECK(job.command == command);
}

TEST_CASE("environment: a bad value names its variable", "[unit]") {
  for (const Subcommand& each : subcommands()) {
    if (each.hidden()) continue;
    for (const OptionSpec* spec : variable_specs_of(each)) {
      const std::set<std::string> checked{"", "N", "DURATION", "SIZE"};
      if (spec->value.kind != ValueKind::choice && checked.count(spec->value.name.c_str()) == 0)
        continue;
      const std::string name = variable_of(each.name, *spec);
      const Variable variable{name, "banana"};
      CHECK(complaint_about(each, {}).starts_with("environment " + name + ": "));
    }
  }
  const Variable count{"NETECHO_PROBE_COUNT", "many"};
  CHECK(complaint({"probe", "localhost:7"}) ==
        "environment NETECHO_PROBE_COUNT: expected 0 to 9223372036854775807, got 'many'");
  CHECK(complaint({"probe", "-c", "1", "localhost:7"}).empty());
}

TEST_CASE("environment: an error that shows only when it runs names the variable, too", "[unit]") {
  const Variable mss{"NETECHO_PROBE_MSS", "536"};
  Origins origins;
  static_cast<void>(parse_command_line({"probe", "udp://localhost:7"}, origins));
  CHECK(origins.named(usage_error("option", "--mss", "means nothing")).what() ==
        std::string{"environment NETECHO_PROBE_MSS: means nothing"});
  CHECK(origins.named(usage_error("option", "--ttl", "means nothing")).what() ==
        std::string{"option --ttl: means nothing"});
}

TEST_CASE("environment: the longer name goes before the shorter one", "[unit]") {
  const Variable shorter{"NETECHO_KEY_FILE", "/all"};
  CHECK(probe({}).key_file == "/all");
  const Variable longer{"NETECHO_PROBE_KEY_FILE", "/probe"};
  CHECK(probe({}).key_file == "/probe");
  CHECK(probe({"--key-file", "/typed"}).key_file == "/typed");
}

TEST_CASE("environment: a name that no option has gets the nearest one", "[unit]") {
  const Variable mistake{"NETECHO_PROBE_CUONT", "3"};
  const Variable help{"NETECHO_PROBE_PRINT_CONFIG", "1"};
  const Variable another{"NETECHO_SEND_CUONT", "3"};
  const std::vector<std::string> lines = unknown_variables("probe");
  REQUIRE(lines.size() == 2);
  const std::string all = lines[0] + lines[1];
  CHECK(all.find("environment NETECHO_PROBE_CUONT: no option of probe has this name; did you mean "
                 "NETECHO_PROBE_COUNT?") != std::string::npos);
}

TEST_CASE("environment: the longest name has a nearest one, too", "[unit]") {
  const Variable mistake{"NETECHO_SERVE_UDP_ALLOW_ANY_SOURCES", "1"};
  const std::vector<std::string> lines = unknown_variables("serve");
  REQUIRE(lines.size() == 1);
  CHECK(lines[0].ends_with("did you mean NETECHO_SERVE_UDP_ALLOW_ANY_SOURCE?"));
}

TEST_CASE("environment: Kubernetes' variables of a service are no mistake", "[unit]") {
  std::vector<std::unique_ptr<Variable>> set;
  for (const char* name :
       {"NETECHO_SERVE_SERVICE_HOST", "NETECHO_SERVE_SERVICE_PORT", "NETECHO_SERVE_PORT",
        "NETECHO_SERVE_SERVICE_PORT_ECHO", "NETECHO_SERVE_PORT_7_TCP",
        "NETECHO_SERVE_PORT_7_TCP_ADDR", "NETECHO_SERVE_MAIN_PORT_12345_UDP_PROTO"}) {
    set.push_back(std::make_unique<Variable>(name, "x"));
  }
  CHECK(unknown_variables("serve").empty());
  const Variable mistake{"NETECHO_SERVE_PORT_FIEL", "x"};
  CHECK(unknown_variables("serve").size() == 1);
}

TEST_CASE("environment: errors are told in the format that it asks for", "[unit]") {
  const auto format = [](std::vector<std::string> words) { return error_format(words).name; };
  const Variable json{"NETECHO_SEND_JSON", "1"};
  CHECK(format({"send", "x"}) == "json");
  CHECK(format({"send", "--format", "text", "x"}) == "text");
  CHECK(format({"send", "--lines", "x"}) == "jsonl");
  CHECK(format({"probe", "x"}) == "text");
  const Variable lines{"NETECHO_PROBE_FORMAT", "jsonl"};
  CHECK(format({"probe", "x"}) == "jsonl");
}
