#include <string>
#include <vector>

#include "cmd/cli.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/variable.hpp"

using namespace netecho;

namespace {

/// The line that the user gets; empty if nothing is wrong.
std::string complaint(const std::vector<std::string>& words) {
  try {
    static_cast<void>(parse_command_line(words));
  } catch (const Error& error) {
    CHECK(error.category() == ErrorCategory::usage);
    return error.what();
  }
  return "";
}

std::string about_send(std::vector<std::string> words) {
  words.insert(words.begin(), {"send", "localhost:7", "x"});
  return complaint(words);
}

std::string about_probe(std::vector<std::string> words) {
  words.insert(words.begin(), {"probe", "localhost:7"});
  return complaint(words);
}

std::string about_serve(std::vector<std::string> words) {
  words.insert(words.begin(), "serve");
  return complaint(words);
}

}  // namespace

TEST_CASE("usage: a command that is missing or misspelt is named with a way out", "[unit]") {
  CHECK(complaint({}) ==
        "a command is missing: serve, send, probe, wait, watch, report, families, completion or "
        "schema; "
        "try 'netecho --help'");
  CHECK(complaint({"sned"}) == "command sned: unknown; did you mean send?");
  CHECK(complaint({"familes"}) == "command familes: unknown; did you mean families?");
  CHECK(complaint({"families", "tcp"}) == "argument tcp: one too many");
  CHECK(complaint({"frobnicate"}) == "command frobnicate: unknown; try 'netecho --help'");
  CHECK(complaint({"--json"}) == "option --json: unknown; try 'netecho --help'");
}

TEST_CASE("usage: an unknown option gets its nearest neighbour", "[unit]") {
  CHECK(about_send({"--cuont", "3"}) == "option --cuont: unknown; did you mean --count?");
  CHECK(about_send({"--timeuot=3"}) == "option --timeuot=3: unknown; did you mean --timeout?");
  CHECK(about_send({"--gazpacho"}) == "option --gazpacho: unknown; try 'netecho send --help'");
  CHECK(about_send({"-Z"}) == "option -Z: unknown; try 'netecho send --help'");
  // An option of another subcommand is none of this one.
  CHECK(about_probe({"--once"}) == "option --once: unknown; try 'netecho probe --help'");
}

TEST_CASE("usage: an option that stands wrong says how", "[unit]") {
  CHECK(about_send({"--file"}) == "option --file: needs a value: FILE");
  CHECK(about_send({"-W", "1", "-W", "2"}) == "option --timeout: given more than once");
  CHECK(about_send({"--json=no"}) == "option --json: takes no value");
  CHECK(about_send({"--expect", "miracles"}) ==
        "option --expect: expected echo|any|none, got 'miracles'");
  CHECK(complaint({"completion", "tcsh"}) == "argument shell: expected bash|zsh|fish, got 'tcsh'");
  CHECK(complaint({"completion"}) ==
        "completion: shell is missing; try 'netecho completion --help'");
  CHECK(complaint({"send"}) == "send: endpoint is missing; try 'netecho send --help'");
}

TEST_CASE("usage: arguments that do not fit get the spelling that does", "[unit]") {
  CHECK(complaint({"send", "localhost", "7", "hi"}) ==
        "endpoint localhost: a port is missing; did you mean localhost:7?");
  CHECK(complaint({"send", "localhost:7", "hello", "world"}) ==
        "argument world: one too many; quote DATA that has spaces");
  CHECK(complaint({"probe"}) ==
        "probe: an endpoint is missing, such as udp://localhost:12345; --self measures this "
        "machine");
}

TEST_CASE("usage: a value out of range states the range", "[unit]") {
  CHECK(about_send({"--tos", "256"}) == "option --tos: expected 0 to 255, got '256'");
  CHECK(about_send({"--ttl", "0"}) == "option --ttl: expected 1 to 255, got '0'");
  CHECK(about_send({"--mss", "87"}) == "option --mss: expected 88 to 32767, got '87'");
  CHECK(about_send({"--dscp", "AF44"}) ==
        "option --dscp: expected EF, LE, VA, CS0 to CS7, AF11 to AF43 or 0 to 63, got 'AF44'");
  CHECK(about_send({"--count", "-1"}) ==
        "option --count: expected 1 to 9223372036854775807, got '-1'");
  CHECK(about_send({"--count", "1e3"}) ==
        "option --count: expected 1 to 9223372036854775807, got '1e3'");
  CHECK(about_send({"--rcvbuf", "3G"}) ==
        "option --rcvbuf: expected 1 to 1073741823 bytes, got '3G'");
  CHECK(about_send({"-W", "0"}) == "option --timeout: expected a duration above 0");
  CHECK(about_send({"--keepalive=1,2,128"}) == "option --keepalive: expected 1 to 127, got '128'");
  CHECK(about_serve({"-m", "0"}) == "option --max-conns: expected 1 to 10000000, got '0'");
  CHECK(about_serve({"--impair", "loss=x"}) ==
        "option --impair: loss: expected 0% to 100%, got 'x'");
  CHECK(about_serve({"--unix-mode", "1777"}) ==
        "option --unix-mode: expected an octal mode up to 0777, got '1777'");
  CHECK(about_serve({"--ready-fd", "0"}) == "option --ready-fd: expected 1 to 1048575, got '0'");
  CHECK(about_probe({"-s", "17MiB"}) == "option --size: expected 0 to 16777216 bytes, got '17MiB'");
  CHECK(about_probe({"-c", "0", "-i", "1us"}) ==
        "option --interval: at most 262144 probes may be outstanding: with --timeout 1.00 s "
        "expected 3.81 µs or more");
}

TEST_CASE("usage: what all flows may have outstanding is bounded together", "[unit]") {
  const std::string bound = "at most 262144 probes may be outstanding: with ";
  CHECK(about_probe({"--flood", "--window", "262144", "--parallel", "64"}) ==
        "option --window: " + bound + "64 flows expected 1 to 4096");
  CHECK(about_probe({"-c", "0", "-i", "10us", "--parallel", "4"}) ==
        "option --interval: " + bound + "--timeout 1.00 s and 4 flows expected 15.3 µs or more");
  CHECK(about_probe({"-c", "0", "--rate", "200k", "tcp://127.0.0.1:9"}) ==
        "option --rate: " + bound +
            "--timeout 1.00 s and 2 flows expected up to 131072 per second");
}

TEST_CASE("usage: a schedule of few slots fits any time-out", "[unit]") {
  CHECK(about_probe({"-c", "3", "-W", "8h"}).empty());
  CHECK(about_probe({"-c", "262144", "-W", "8h"}).empty());
  CHECK_FALSE(about_probe({"-c", "262145", "-W", "8h"}).empty());
  CHECK(about_probe({"--duration", "10s", "-W", "8h"}).empty());
  CHECK(about_probe({"--flood", "--window", "4096", "--parallel", "64"}).empty());
}

TEST_CASE("usage: how a connection is closed is told only to --mode connect", "[unit]") {
  CHECK(about_probe({"--close", "reset"}) ==
        "option --close: is how --mode connect ends its connections");
  CHECK(about_probe({"--close", "abort", "--mode", "connect"}) ==
        "option --close: expected fin|reset, got 'abort'");
  CHECK(about_probe({"--close", "fin", "--mode", "connect"}).empty());
}

TEST_CASE("usage: a duration or size that is none says what one looks like", "[unit]") {
  CHECK(about_send({"-i", "banana"}) ==
        "option --interval: expected a duration such as 250ms, 1.5s or 2m, got 'banana'");
  CHECK(about_probe({"-s", "64q"}) ==
        "option --size: expected a size such as 64, 64k or 1MiB, got '64q'");
}

TEST_CASE("usage: options that contradict each other are not guessed at", "[unit]") {
  CHECK(about_send({"-4", "-6"}) == "option -4: contradicts -6");
  CHECK(about_send({"--tos", "1", "--dscp", "EF"}) ==
        "option --dscp: is a part of --tos: give one of them");
  CHECK(about_send({"-x", "00"}) == "argument DATA: give one of DATA, --file, --hex and --base64");
  CHECK(about_serve({"--once", "--max-accepts", "2"}) ==
        "option --once: is --max-accepts 1: give one of them");
  CHECK(about_probe({"--self"}) == "option --self: brings its own endpoints: name none");
}

TEST_CASE("usage: an option that would do nothing is refused", "[unit]") {
  const auto about_lines = [](std::vector<std::string> words) {
    words.insert(words.begin(), {"send", "localhost:7", "-f", "-", "--lines"});
    return complaint(words);
  };
  CHECK(about_lines({}).empty());
  CHECK(about_lines({"-c", "2"}) == "option --count: repeats one payload; --lines has many");
  CHECK(about_lines({"-i", "1s"}) ==
        "option --interval: is between repeats; --lines waits for its input");
  CHECK(about_lines({"-N"}) ==
        "option --half-close: is for servers that answer only at the end; --lines awaits each "
        "echo");
  CHECK(about_send({"--lines"}) == "option --lines: reads standard input or --file, not DATA");
}

TEST_CASE("usage: a payload that is not what it is called is refused", "[unit]") {
  CHECK(complaint({"send", "localhost:7", "-x", "0g"}) ==
        "option --hex: expected hexadecimal digits, got '0g'");
  CHECK(complaint({"send", "localhost:7", "-x", "000"}) ==
        "option --hex: expected an even number of digits");
  CHECK(complaint({"send", "localhost:7", "--base64", "*"}) ==
        "option --base64: this is not Base64 (RFC 4648)");
}

TEST_CASE("usage: what the user typed reaches no terminal as it is", "[unit]") {
  CHECK(complaint({"\x1b[31m"}) == "command \\x1b[31m: unknown; try 'netecho --help'");
}

TEST_CASE("log level: what is typed goes before the environment", "[unit]") {
  const auto level = [](std::vector<std::string> words) {
    words.insert(words.begin(), {"send", "localhost:7", "x"});
    return std::get<SendJob>(parse_command_line(words)).common.log_level;
  };
  CHECK(level({}) == LogLevel::warning);
  CHECK(level({"-q"}) == LogLevel::error);
  CHECK(level({"-v"}) == LogLevel::info);
  CHECK(level({"-vv"}) == LogLevel::debug);
  const Variable variable{"NETECHO_LOG_LEVEL", "off"};
  CHECK(level({}) == LogLevel::off);
  CHECK(level({"-v"}) == LogLevel::info);
  CHECK(level({"--log-level", "error", "-v"}) == LogLevel::error);
}

TEST_CASE("log level: a wrong environment is an error whatever is typed", "[unit]") {
  const Variable variable{"NETECHO_LOG_LEVEL", "loud"};
  CHECK(about_send({"-v"}) ==
        "environment NETECHO_LOG_LEVEL: expected off, error, warn, info or debug, got 'loud'");
}

TEST_CASE("usage: metrics are figures of probe, and --output is their file", "[unit]") {
  const char* const others = "option --format: expected text|json|jsonl, got 'prometheus'";
  CHECK(about_send({"--format", "prometheus"}) == others);
  CHECK(about_serve({"--format", "prometheus"}) == others);
  CHECK(complaint({"families", "--format", "prometheus"}) == others);
  CHECK(about_probe({"--format", "prometheus"}).empty());
  CHECK(about_probe({"--format", "xml"}) ==
        "option --format: expected text|json|jsonl|prometheus, got 'xml'");
  const char* const whose = "option --output: is the file of --format prometheus";
  CHECK(about_probe({"--output", "x"}) == whose);
  CHECK(about_probe({"--output", "x", "--format", "json"}) == whose);
  CHECK(about_probe({"--output", "x", "--json", "--format", "prometheus"}) == whose);
}
