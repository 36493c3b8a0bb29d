#include <string>
#include <vector>

#include "cmd/cli.hpp"
#include "tests/support/catch.hpp"

using namespace netecho;
using namespace std::chrono_literals;

namespace {

template <typename Wanted>
Wanted parsed(const std::vector<std::string>& words) {
  return std::get<Wanted>(parse_command_line(words));
}

std::string text_of(const std::vector<std::string>& words) {
  return parsed<PrintJob>(words).text;
}

SendJob send(std::vector<std::string> words) {
  words.insert(words.begin(), {"send", "localhost:7"});
  return parsed<SendJob>(words);
}

ProbeJob probe(std::vector<std::string> words) {
  words.insert(words.begin(), {"probe", "localhost:7"});
  return parsed<ProbeJob>(words);
}

ServeJob serve(std::vector<std::string> words) {
  words.insert(words.begin(), {"serve"});
  return parsed<ServeJob>(words);
}

bool contains(const std::string& text, const char* part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("send: without options it has the defaults of the manual", "[unit]") {
  const SendJob job = send({"hello"});
  CHECK(job.endpoint == "localhost:7");
  CHECK(job.origin == PayloadOrigin::literal);
  CHECK(job.data == "hello");
  CHECK_FALSE(job.lines);
  CHECK_FALSE(job.raw);
  CHECK_FALSE(job.half_close);
  CHECK(job.expect == Expect::echo);
  CHECK(job.count == 1);
  CHECK(job.interval == 0s);
  CHECK(job.timeout == 5s);
  CHECK(job.connect_timeout == 5s);
  CHECK_FALSE(job.deadline);
  CHECK(job.retries == 0);
  CHECK(job.common.log_level == LogLevel::warning);
  CHECK_FALSE(job.common.format);
}

TEST_CASE("send: every option reaches its value", "[unit]") {
  const SendJob job = send({"-f", "a file", "-c3", "-i", "1.5s", "-W250ms", "--connect-timeout=2m",
                            "-w", "1h", "--retry", "30", "--expect", "any", "-N", "--raw"});
  CHECK(job.origin == PayloadOrigin::file);
  CHECK(job.data == "a file");
  CHECK(job.count == 3);
  CHECK(job.interval == 1500ms);
  CHECK(job.timeout == 250ms);
  CHECK(job.connect_timeout == 2min);
  CHECK(job.deadline == Duration{1h});
  CHECK(job.retries == 30);
  CHECK(job.expect == Expect::any);
  CHECK(job.half_close);
  CHECK(job.raw);
}

TEST_CASE("send: a payload can be given as bytes", "[unit]") {
  const std::string bytes{"\x00\xffg", 3};
  CHECK(send({"-x", "00ff67"}).data == bytes);
  CHECK(send({"-x", "00:FF 67"}).data == bytes);
  CHECK(send({"--base64", "AP9n"}).data == bytes);
  CHECK(send({"-x", ""}).origin == PayloadOrigin::literal);
  CHECK(send({""}).data.empty());
}

TEST_CASE("send: standard input is the payload when none is given", "[unit]") {
  CHECK(send({"-f", "-", "--lines"}).origin == PayloadOrigin::standard_input);
  CHECK(send({"-f", "-", "--lines"}).lines);
}

TEST_CASE("send: what follows -- is data", "[unit]") {
  CHECK(send({"--", "--help"}).data == "--help");
  CHECK(send({"--", "-c"}).data == "-c");
}

TEST_CASE("probe: without options it has the defaults of the manual", "[unit]") {
  const ProbeJob job = probe({});
  CHECK(job.endpoints == std::vector<std::string>{"localhost:7"});
  CHECK(job.probe.count == 10);
  CHECK(job.probe.interval == 100ms);
  CHECK(job.probe.timeout == 1s);
  CHECK(job.probe.size_bytes == 64);
  CHECK(job.probe.warmup == 0);
  CHECK(job.probe.mode == ProbeMode::echo);
  CHECK(job.probe.wait == WaitMode::block);
  CHECK(job.show_payload_bytes == 0);
  CHECK_FALSE(job.deadline);
  CHECK_FALSE(job.self);
}

TEST_CASE("probe: every option reaches its value", "[unit]") {
  const ProbeJob job =
      probe({"udp://[::1]:7", "-c", "0", "-i", "20ms", "-s", "1kB", "-W", "100us", "-w", "10",
             "--warmup", "5", "--mode", "echo", "--wait=spin", "--show-payload=64k"});
  CHECK(job.endpoints == std::vector<std::string>{"localhost:7", "udp://[::1]:7"});
  CHECK(job.probe.count == 0);
  CHECK(job.probe.interval == 20ms);
  CHECK(job.probe.size_bytes == 1000);
  CHECK(job.probe.timeout == 100us);
  CHECK(job.deadline == Duration{10s});
  CHECK(job.probe.warmup == 5);
  CHECK(job.probe.mode == ProbeMode::echo);
  CHECK(probe({"--mode", "connect"}).probe.mode == ProbeMode::connect);
  CHECK(job.probe.wait == WaitMode::spin);
  CHECK(job.show_payload_bytes == 65536);
}

TEST_CASE("probe: the options of the instrument reach their values", "[unit]") {
  const ProbeJob job = probe({"--rate",
                              "2k",
                              "--duration",
                              "3s",
                              "--schedule",
                              "poisson",
                              "--sweep",
                              "64,1k",
                              "--parallel",
                              "3",
                              "--timestamps",
                              "kernel",
                              "--retry",
                              "--clocks-synchronized",
                              "--report-interval",
                              "1s",
                              "--hdr",
                              "a.hlog",
                              "--samples",
                              "b.csv",
                              "--histogram"});
  CHECK(job.probe.interval == 500us);
  CHECK(job.probe.duration == 3s);
  CHECK(job.probe.count == 0);
  CHECK(job.probe.schedule == ScheduleKind::poisson);
  CHECK(job.sweep == std::vector<std::uint32_t>{64, 1024});
  CHECK(job.parallel == 3);
  CHECK(job.probe.timestamps == TimestampSource::kernel);
  CHECK(job.probe.reconnect == Reconnect::yes);
  CHECK(job.probe.clocks == HostClocks::synchronized);
  CHECK(job.probe.report_interval == 1s);
  CHECK(job.hdr_path == "a.hlog");
  CHECK(job.samples_path == "b.csv");
  CHECK(job.histogram);
  const ProbeJob flood = probe({"--flood", "--window", "262144"});
  CHECK(flood.probe.schedule == ScheduleKind::flood);
  CHECK(flood.probe.window == 262'144);
  CHECK(flood.probe.count == 10);
}

TEST_CASE("probe: --fail-if may stand before the endpoint, and more than once", "[unit]") {
  const ProbeJob job = parsed<ProbeJob>({"probe", "-c", "100", "--fail-if", "p99>1ms,loss>1%",
                                         "--fail-if", "p50>1us", "udp://localhost:7"});
  CHECK(job.endpoints == std::vector<std::string>{"udp://localhost:7"});
  REQUIRE(job.fail_if.size() == 3);
  CHECK(job.fail_if[2].expression == "p50>1us");
}

TEST_CASE("serve: without options it has the defaults of the manual", "[unit]") {
  const ServeJob job = serve({});
  CHECK(job.endpoints ==
        std::vector<std::string>{"tcp://localhost:12345", "udp://localhost:12345"});
  CHECK(job.server.max_connections == 10'000);
  CHECK(job.server.max_accepts == 0);
  CHECK(job.server.idle_timeout == 10min);
  CHECK(job.server.drain_timeout == 5s);
  CHECK(job.server.stats_interval == 0s);
  CHECK(job.server.trace == TraceLevel::none);
  CHECK_FALSE(job.server.plain);
  CHECK(job.sockets.backlog == 4096);
  CHECK(job.sockets.unix_mode == 0600);
  CHECK_FALSE(job.sockets.unix_replace);
  CHECK_FALSE(job.sockets.reuse_port);
  CHECK(job.ready_fd == -1);
  CHECK(job.port_file.empty());
}

TEST_CASE("serve: every option reaches its value", "[unit]") {
  const ServeJob job = serve({"tcp://:0",
                              "-m",
                              "5",
                              "--max-accepts",
                              "9",
                              "--idle-timeout",
                              "0",
                              "--drain-timeout",
                              "1s",
                              "--max-buffered",
                              "1MiB",
                              "--backlog",
                              "7",
                              "--reuseport",
                              "--plain",
                              "--unix-mode",
                              "666",
                              "--unix-replace",
                              "--ready-fd",
                              "1",
                              "--port-file",
                              "ports",
                              "--metrics",
                              "127.0.0.1:9470",
                              "--stats-interval",
                              "1m",
                              "--trace",
                              "--show-payload"});
  CHECK(job.endpoints == std::vector<std::string>{"tcp://:0"});
  CHECK(job.server.max_connections == 5);
  CHECK(job.server.max_accepts == 9);
  CHECK(job.server.idle_timeout == 0s);
  CHECK(job.server.drain_timeout == 1s);
  CHECK(job.server.max_buffered == 1'048'576);
  CHECK(job.server.stats_interval == 1min);
  CHECK(job.server.trace == TraceLevel::everything);
  CHECK(job.server.show_payload_bytes == 4096);
  CHECK(job.server.plain);
  CHECK(job.sockets.backlog == 7);
  CHECK(job.sockets.unix_mode == 0666);
  CHECK(job.sockets.unix_replace);
  CHECK(job.metrics == "127.0.0.1:9470");
  CHECK(job.sockets.reuse_port);
  CHECK(job.ready_fd == 1);
  CHECK(job.port_file == "ports");
  CHECK(serve({"--once"}).server.max_accepts == 1);
  CHECK(serve({"-v"}).server.trace == TraceLevel::connections);
}

TEST_CASE("serve: a rule takes one value a mention, and what follows is an endpoint", "[unit]") {
  const ServeJob job = serve({"--allow", "192.0.2.0/24", "--allow", "::1", "--allow-uid", "1000",
                              "--allow-uid", "0", "tcp://127.0.0.1:7"});
  CHECK(job.endpoints == std::vector<std::string>{"tcp://127.0.0.1:7"});
  const SourceRules& rules = job.sockets.sources;
  REQUIRE(rules.networks.size() == 2);
  CHECK(rules.allow(IpNumber::of_v4(0xC0'00'02'09)));
  CHECK_FALSE(rules.allow(IpNumber::of_v4(0xC0'00'03'09)));
  CHECK(rules.users == std::vector<uid_t>{1000, 0});
}

TEST_CASE("serve: options that need something of an endpoint are told by their names", "[unit]") {
  const ServeJob job = serve({"-m", "9", "-4", "--once", "--unix-replace", "unix:/s"});
  std::vector<std::string> names;
  for (const GivenOption& each : job.common.given) names.push_back(each.name);
  CHECK(names == std::vector<std::string>{"--max-conns", "--unix-replace", "-4"});
  CHECK_FALSE(job.common.usual_endpoints);
  CHECK(serve({}).common.given.empty());
  CHECK(serve({}).common.usual_endpoints);
}

TEST_CASE("common options: every one reaches its value", "[unit]") {
  const CommonOptions common =
      send({"x",     "-6",           "-n",     "-qvv",        "--format", "jsonl",       "--color",
            "never", "--log-format", "json",   "--log-level", "info",     "-B",          "::1",
            "-I",    "lo",           "-Q",     "255",         "--ttl",    "3",           "--df",
            "probe", "--rcvbuf",     "64k",    "--sndbuf",    "1MiB",     "--busy-poll", "50us",
            "--mss", "536",          "--nagle"})
          .common;
  CHECK(common.family == FamilyChoice::ipv6_only);
  CHECK(common.numeric);
  CHECK(common.quiet);
  CHECK(common.verbosity == 2);
  CHECK(common.format == find_format("jsonl"));
  CHECK(common.colour == ColourChoice::never);
  CHECK(common.log_format == LogFormat::json);
  CHECK(common.log_level == LogLevel::info);
  CHECK(common.socket.bind == "::1");
  CHECK(common.socket.interface == "lo");
  CHECK(common.socket.tos == 255);
  CHECK(common.socket.ttl == 3);
  CHECK(common.socket.dont_fragment == DontFragment::probe);
  CHECK(common.socket.receive_buffer_bytes == 65536U);
  CHECK(common.socket.send_buffer_bytes == 1048576U);
  CHECK(common.socket.busy_poll == Duration{50us});
  CHECK(common.socket.mss_bytes == 536);
  CHECK(common.socket.nagle);
}

TEST_CASE("common options: a DSCP is the upper six bits of the TOS byte", "[unit]") {
  const auto tos_of = [](const char* name) {
    return send({"x", "--dscp", name}).common.socket.tos;
  };
  CHECK(tos_of("EF") == 46 * 4);
  CHECK(tos_of("ef") == 46 * 4);
  CHECK(tos_of("CS0") == 0);
  CHECK(tos_of("CS7") == 56 * 4);
  CHECK(tos_of("AF11") == 10 * 4);
  CHECK(tos_of("AF43") == 38 * 4);
  CHECK(tos_of("LE") == 1 * 4);
  CHECK(tos_of("VA") == 44 * 4);
  CHECK(tos_of("63") == 63 * 4);
}

TEST_CASE("common options: --keepalive never takes the next argument", "[unit]") {
  const SendJob bare = send({"--keepalive", "x"});
  CHECK(bare.data == "x");
  REQUIRE(bare.common.socket.keepalive);
  CHECK_FALSE(bare.common.socket.keepalive->idle);
  const auto full = send({"--keepalive=1m,10s,3", "x"}).common.socket.keepalive;
  REQUIRE(full);
  CHECK(full->idle == Duration{1min});
  CHECK(full->interval == Duration{10s});
  CHECK(full->count == 3);
  const auto part = send({"--keepalive=,,4", "x"}).common.socket.keepalive;
  REQUIRE(part);
  CHECK_FALSE(part->idle);
  CHECK(part->count == 4);
  CHECK_FALSE(send({"x"}).common.socket.keepalive);
}

TEST_CASE("common options: --show-payload never takes the next argument", "[unit]") {
  const ProbeJob job = parsed<ProbeJob>({"probe", "--show-payload", "localhost:7"});
  CHECK(job.endpoints == std::vector<std::string>{"localhost:7"});
  CHECK(job.show_payload_bytes == 4096);
}

TEST_CASE("format: --json means what fits the subcommand", "[unit]") {
  const CommonOptions json = send({"x", "--json"}).common;
  CHECK(chosen_format(json, Wanted::stream).name == "jsonl");
  CHECK(chosen_format(json, Wanted::document).name == "json");
  const CommonOptions none = send({"x"}).common;
  CHECK(chosen_format(none, Wanted::document).name == "text");
}

TEST_CASE("format: errors are told in the format that was asked for", "[unit]") {
  const auto format = [](std::vector<std::string> words) { return error_format(words).name; };
  CHECK(format({"send", "x"}) == "text");
  CHECK(format({"send", "--json", "--count", "abc"}) == "json");
  CHECK(format({"probe", "--format", "json"}) == "json");
  CHECK(format({"probe", "--format=jsonl"}) == "jsonl");
  CHECK(format({"probe", "--format", "prometheus"}) == "text");  // On stderr alone.
  CHECK(format({"send", "--lines", "--json"}) == "jsonl");
  CHECK(format({"send", "--lines", "--format", "json"}) == "json");
  CHECK(format({"serve", "--json"}) == "jsonl");
  CHECK(format({"serve", "--format", "json"}) == "jsonl");
  // The result object names its command: others have none.
  CHECK(format({"no-such-command", "--json"}) == "jsonl");
  CHECK(format({"--json"}) == "jsonl");
  CHECK(format({"send", "--", "--json"}) == "text");
}

TEST_CASE("format: figures are for what measures, and may go to a file", "[unit]") {
  const ProbeJob job =
      parsed<ProbeJob>({"probe", "localhost:7", "--format", "prometheus", "--output", "x.prom"});
  CHECK(chosen_format(job.common, Wanted::document).kind == FormatKind::figures);
  CHECK(job.output_path == "x.prom");
  CHECK(parsed<ProbeJob>({"probe", "localhost:7"}).output_path.empty());
}

TEST_CASE("help: wins from any position before --, beside any other error", "[unit]") {
  const std::string help = text_of({"send", "--help"});
  CHECK(contains(help, "Usage: netecho send [OPTIONS] ENDPOINT [DATA]"));
  CHECK(text_of({"send", "-h"}) == help);
  CHECK(text_of({"send", "--count", "abc", "--no-such-option", "a", "b", "c", "-h"}) == help);
  CHECK(text_of({"send", "-vh", "localhost:7", "x"}) == help);
  CHECK(send({"-fh"}).data == "h");  // The value of -f.
  CHECK(contains(text_of({"-h"}), "Commands:"));
  CHECK(text_of({"no-such-command", "--help"}) == text_of({"--help"}));
}

TEST_CASE("version: the first line is for scripts, the others say what was built", "[unit]") {
  const std::string text = text_of({"--version"});
  CHECK(text.starts_with("netecho 0.1.0\n"));
  for (const char* what : {"\ncommit: ", "\ncompiler: ", "\nfeatures: "}) {
    CHECK(contains(text, what));
  }
  CHECK_FALSE(contains(text, "libsodium"));
  CHECK(text_of({"-V"}) == text);
}

TEST_CASE("version: -v on either side tells the libraries, too", "[unit]") {
  const std::string text = text_of({"--version", "-v"});
  CHECK(contains(text, "\nlibraries: glibc "));
  CHECK(contains(text, "libevent 2."));
  CHECK(contains(text, "libsodium 1."));
  CHECK(text_of({"-v", "--version"}) == text);
}
