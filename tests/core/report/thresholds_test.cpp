#include "core/report/thresholds.hpp"

#include <algorithm>

#include "core/report/json.hpp"
#include "tests/core/report/samples.hpp"
#include "tests/support/catch.hpp"

namespace netecho {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;

Threshold one(std::string_view expression) {
  const std::vector<Threshold> all = parse_thresholds(expression);
  REQUIRE(all.size() == 1);
  return all.front();
}

/// What the user is told; empty if nothing is wrong.
std::string complaint(std::string_view expression) {
  try {
    static_cast<void>(parse_thresholds(expression));
    return {};
  } catch (const Error& error) {
    CHECK(error.category() == ErrorCategory::usage);
    const std::string line = error.what();
    const std::string start = "option --fail-if: ";
    REQUIRE(line.starts_with(start));
    return line.substr(start.size());
  }
}

ThresholdResult result_of(std::string_view expression, const Summary& summary) {
  return evaluate(one(expression), summary);
}

std::string text_of(std::string_view expression, const Summary& summary) {
  return threshold_text(result_of(expression, summary), {});
}

/// Sent 12, all answered.
Summary twelve_replies() {
  Summary s;
  s.target = samples::tcp_end(7);
  s.scheduled_total = s.sent_total = s.received_total = 12;
  s.unanswered_ratio = 0.0;
  s.rtt = s.response = samples::all_latencies();
  s.rtt.p99 = s.response.p99 = {};
  s.rtt_variation = {.mean = 1us, .p50 = 2us, .p95 = {}, .p99 = {}, .max = 5us};
  s.send_lateness = {.mean = 1us, .p50 = 2us, .p99 = {}, .max = 4us};
  return s;
}

/// The member `"key":…` of `json`, up to its end.
std::string_view member(std::string_view json, std::string_view key) {
  const std::string name = "\"" + std::string(key) + "\":";
  const std::size_t at = json.find(name);
  return at == json.npos ? std::string_view{} : json.substr(at + name.size());
}

/// Follows a path through rendered JSON; enough where each key stands before its namesakes.
std::string value_at(std::string_view json, std::string_view path) {
  // But for this one: `tcp_info` has it, too, and comes first.
  if (path == "path_mtu_bytes") json = json.substr(json.rfind("\"path_mtu_bytes\""));
  // Sockets have a path, too.
  if (path.starts_with("path.")) path.remove_prefix(std::string_view{"path."}.size());
  while (!path.empty()) {
    const std::string_view key = path.substr(0, path.find('.'));
    path.remove_prefix(std::min(key.size() + 1, path.size()));
    json = member(json, key);
  }
  return std::string(json.substr(0, json.find_first_of(",}")));
}

}  // namespace

TEST_CASE("thresholds: a figure is named with or without units, and rtt goes without saying",
          "[report][unit]") {
  CHECK(one("rtt.p99>1ms").figure.path == "rtt_ns.p99");
  CHECK(one("rtt_ns.p99>1ms").figure.path == "rtt_ns.p99");
  CHECK(one("p99>1ms").figure.path == "rtt_ns.p99");
  CHECK(one("max>1ms").figure.path == "rtt_ns.max");
  CHECK(one("rtt.stddev>1ms").figure.path == "rtt_ns.stddev");
  CHECK(one("response.p999>1ms").figure.path == "response_ns.p999");
  CHECK(one("jitter_rfc3550>1ms").figure.path == "jitter_rfc3550_ns");
  CHECK(one("connect>1ms").figure.path == "connect_ns");
  CHECK(one("connect_time.p50>1ms").figure.path == "connect_time_ns.p50");
  CHECK(one("one_way.forward.p99>1ms").figure.path == "one_way_ns.forward.p99");
  CHECK(one("loss>1%").figure.path == "unanswered_ratio");
  CHECK(one("unanswered>1%").figure.path == "unanswered_ratio");
  CHECK(one("unanswered_total>1").figure.path == "unanswered_total");
  CHECK(one("no_connection_total>1").figure.path == "no_connection_total");
  CHECK(one("loss_ratio>1%").figure.path == "loss_ratio");
  CHECK(one("duplicate_total>1").figure.path == "duplicate_total");
  CHECK(one("achieved_per_second<1").figure.path == "achieved_per_second");
  CHECK(one("tcp_info.retransmits_total>1").figure.path == "tcp_info.retransmits_total");
  CHECK(one("path.reply_hop_limit.min<57").figure.path == "path.reply_hop_limit.min");
  CHECK(one("instrument.send_lateness.p99>1ms").figure.path == "instrument.send_lateness_ns.p99");
  // Without its unit the second would be the first.
  CHECK(one("loss_runs.longest>3").figure.path == "loss_runs.longest");
  CHECK(one("loss_runs.longest_ns>3s").figure.path == "loss_runs.longest_ns");
}

TEST_CASE("thresholds: every number of a summary is a figure, and is read where JSON has it",
          "[report][unit]") {
  Summary s = samples::full_summary();
  s.thresholds = {};
  s.outages = {};
  s.reasons = {};
  s.error = {};
  const std::string json = to_json(Event{samples::some_time(), SummaryEvent{s}});
  for (const SummaryFigure& figure : summary_figures()) {
    CAPTURE(figure.path, json);
    CHECK(one(figure.path + ">0").figure.path == figure.path);
    CHECK(one(figure.name + ">0").figure.path == figure.path);
    const auto value = evaluate(one(figure.path + ">0"), s).value;
    REQUIRE(value);
    CHECK(*value == std::stod(value_at(json, figure.path)));
  }
  // Every number in the rendered line, but for those that count nothing.
  std::size_t numbers = 0;
  for (std::size_t at = json.find("\":"); at != json.npos; at = json.find("\":", at + 1)) {
    const char first = json[at + 2];
    numbers += (first >= '0' && first <= '9') ? 1U : 0U;
  }
  constexpr std::size_t kPorts = 3;        // target, peer, local
  constexpr std::size_t kIdentifiers = 2;  // flow, exit_code
  CHECK(summary_figures().size() == numbers - kPorts - kIdentifiers);
}

TEST_CASE("thresholds: values carry the unit of their figure", "[report][unit]") {
  CHECK(one("p99>500us").limit == 500e3);
  CHECK(one("p99>1.5ms").limit == 1.5e6);
  CHECK(one("p99>0").limit == 0);
  CHECK(one("loss>1%").limit == 0.01);
  CHECK(one("loss>0.1%").limit == 0.001);
  CHECK(one("loss>0.7%").limit == 7.0 / 1000);  // 0.7 / 100 is another double.
  CHECK(one("loss>0").limit == 0);
  CHECK(one("loss>100%").limit == 1);
  CHECK(one("lost_total>3").limit == 3);
  CHECK(one("sent_total<10k").limit == 10e3);
  CHECK(one("sent_total<1.5M").limit == 1.5e6);
  CHECK(one("achieved_per_second<9.5").limit == 9.5);
  CHECK(one("achieved_per_second<10k").limit == 10e3);
  CHECK(one("path_mtu_bytes<1400").limit == 1400);
  CHECK(one("tx_bytes_total>64KiB").limit == 65536);

  const std::string duration = "expected a duration with its unit, such as 500us, got ";
  CHECK(complaint("p99>500") == "'p99>500', column 5: " + duration + "'500'");
  CHECK(complaint("p99>5%") == "'p99>5%', column 5: " + duration + "'5%'");
  CHECK(complaint("p99>-1ms") == "'p99>-1ms', column 5: " + duration + "'-1ms'");
  const std::string percentage = "expected a percentage up to 100%, such as 1%, got ";
  CHECK(complaint("loss>0.01") == "'loss>0.01', column 6: " + percentage + "'0.01'");
  CHECK(complaint("loss>101%") == "'loss>101%', column 6: " + percentage + "'101%'");
  CHECK(complaint("loss>%") == "'loss>%', column 6: " + percentage + "'%'");
  const std::string number = "expected a whole number, such as 3 or 10k, got ";
  CHECK(complaint("lost_total>1.5") == "'lost_total>1.5', column 12: " + number + "'1.5'");
  CHECK(complaint("lost_total>1ms") == "'lost_total>1ms', column 12: " + number + "'1ms'");
  CHECK(complaint("lost_total>1e3") == "'lost_total>1e3', column 12: " + number + "'1e3'");
  CHECK(complaint("lost_total>9007199254740992") ==
        "'lost_total>9007199254740992', column 12: " + number + "'9007199254740992'");
  CHECK(complaint("path_mtu<1ms") ==
        "'path_mtu<1ms', column 10: expected a size, such as 1400 or 64KiB, got '1ms'");
  CHECK(complaint("achieved<2G") ==
        "'achieved<2G', column 10: expected a rate up to 1G per second, such as 950 or 10k, got "
        "'2G'");
}

TEST_CASE("thresholds: each is kept as typed, in order", "[report][unit]") {
  const std::vector<Threshold> all = parse_thresholds(" p99 > 1ms ,loss>=1%,\tsent_total<3 ");
  REQUIRE(all.size() == 3);
  CHECK(all[0].expression == "p99 > 1ms");
  CHECK(all[0].name == "p99");
  CHECK(all[1].expression == "loss>=1%");
  CHECK(all[2].expression == "sent_total<3");
}

TEST_CASE("thresholds: what is wrong is said with its column", "[report][unit]") {
  const std::string figure = "expected a figure such as rtt.p99 or loss";
  CHECK(complaint("") == "'', column 1: " + figure);
  CHECK(complaint("  ") == "'  ', column 1: " + figure);
  CHECK(complaint("p99>1ms,,loss>1%") == "'p99>1ms,,loss>1%', column 9: " + figure);
  CHECK(complaint("p99>1ms,") == "'p99>1ms,', column 9: " + figure);
  CHECK(complaint(">1ms") == "'>1ms', column 1: " + figure + ", got '>1ms'");
  CHECK(complaint("p99") == "'p99', column 4: expected >, >=, < or <=");
  CHECK(complaint("p99 1ms") == "'p99 1ms', column 5: expected >, >=, < or <=, got '1ms'");
  CHECK(complaint("p99==1ms") == "'p99==1ms', column 4: expected >, >=, < or <=, got '==1ms'");
  CHECK(complaint("p99>") == "'p99>', column 5: expected a duration with its unit, such as 500us");
  CHECK(complaint("p99>=>1ms") ==
        "'p99>=>1ms', column 6: expected a duration with its unit, such as 500us, got '>1ms'");
  CHECK(complaint("p99>1µs,x>1") ==
        "'p99>1µs,x>1', column 5: expected a duration with its unit, "
        "such as 500us, got '1µs'");
  CHECK(complaint("µs") == "'µs', column 1: " + figure + ", got 'µs'");
}

TEST_CASE("thresholds: an unknown figure is told what there is", "[report][unit]") {
  const auto hint = [](const std::string& name) {
    const std::string line = complaint(name + ">1");
    const std::string start = "'" + name + ">1', column 1: there is no figure '" + name + "'; ";
    REQUIRE(line.starts_with(start));
    return line.substr(start.size());
  };
  CHECK(hint("jitter") == "did you mean jitter_rfc3550?");
  CHECK(hint("duplicates") == "did you mean duplicate_total?");
  CHECK(hint("p98") == "did you mean one of rtt.p90, rtt.p95, rtt.p99, rtt.p999, rtt.p9999?");
  CHECK(hint("response.p98") ==
        "did you mean one of response.p90, response.p95, response.p99, response.p999, "
        "response.p9999?");
  CHECK(hint("server_residence") ==
        "did you mean one of server_residence.min, server_residence.mean, server_residence.p50, "
        "server_residence.p99, server_residence.max?");
  CHECK(hint("rtt.") ==
        "did you mean one of rtt.min, rtt.mean, rtt.stddev, rtt.p25, rtt.p50, "
        "rtt.p75, rtt.p90, rtt.p95, rtt.p99, rtt.p999, rtt.p9999, rtt.max?");
  CHECK(hint("latency.p999") ==
        "did you mean one of rtt.p999, response.p999, connect_time.p999, rtt_kernel.p999, "
        "one_way.forward.p999, one_way.reverse.p999?");
  CHECK(hint("instrument.send_call") ==
        "did you mean one of instrument.send_call.mean, instrument.send_call.p50, "
        "instrument.send_call.p99, instrument.send_call.max?");
  CHECK(hint("one_way").ends_with("one_way.forward.max, …?"));
  CHECK(hint("nonsense") == "there are rtt.p99, loss, lost_total and more");
  CHECK(hint("exit_code") == "there are rtt.p99, loss, lost_total and more");
}

TEST_CASE("thresholds: hostile expressions are refused in one short line", "[report][unit]") {
  CHECK(complaint("p99>1ms\0"s) ==
        "'p99>1ms\\x00', column 5: expected a duration with its unit, "
        "such as 500us, got '1ms\\x00'");
  CHECK(complaint("\0"s) ==
        "'\\x00', column 1: expected a figure such as rtt.p99 or loss, got '\\x00'");
  CHECK(complaint("\xff\x1b[2J>1") ==
        "'\\xff\\x1b[2J>1', column 1: expected a figure such as rtt.p99 or loss, got "
        "'\\xff\\x1b[2J>1'");
  CHECK(complaint("p99\n>1ms") ==
        "'p99\\x0a>1ms', column 4: expected >, >=, < or <=, got '\\x0a>1ms'");
  const std::string sixty(60, 'a');
  CHECK(complaint(std::string(1'000'000, 'a')) ==
        "'" + sixty + "…', column 1: there is no figure '" + sixty +
            "…'; there are rtt.p99, loss, lost_total and more");
  CHECK(complaint("p99>" + std::string(100'000, '9') + "s") ==
        "'p99>" + std::string(56, '9') +
            "…', column 5: expected a duration with its unit, such as 500us, got '" +
            std::string(60, '9') + "…'");
  CHECK(complaint("loss>0." + std::string(100'000, '0') + "1%").starts_with("'loss>0.000"));
  std::string many = "p99>1ms";
  for (int i = 0; i < 999; ++i) many += ",p99>1ms";
  CHECK(parse_thresholds(many).size() == 1000);
  CHECK(complaint(many + ",x>1").find("column 8001:") != std::string::npos);
}

TEST_CASE("thresholds: a run fails when the comparison is true", "[report][unit]") {
  Summary s = samples::full_summary();
  s.rtt.p99 = 1ms;
  const auto held = [&](std::string_view expression) { return result_of(expression, s).held; };
  CHECK(held("p99>1ms"));
  CHECK_FALSE(held("p99>=1ms"));
  CHECK(held("p99<1ms"));
  CHECK_FALSE(held("p99<=1ms"));
  CHECK_FALSE(held("p99>999us"));
  CHECK(held("p99>=1001us"));
  CHECK_FALSE(held("p99<1001us"));
  CHECK(held("p99<=999us"));

  const ThresholdResult failed = result_of(" p99 > 1us ", s);
  CHECK(failed.expression == "p99 > 1us");
  CHECK(failed.value == 1e6);
  CHECK_FALSE(failed.held);
  CHECK(failed.why == std::nullopt);

  s.unanswered_ratio = 0.0;
  CHECK(held("loss>0%"));
  CHECK(held("loss>0"));
  CHECK_FALSE(held("loss>=0"));
  s.unanswered_ratio = 7.0 / 1000;
  CHECK(held("loss>0.7%"));
  CHECK_FALSE(held("loss>=0.7%"));
  CHECK_FALSE(held("sent_total<1k"));
}

TEST_CASE("thresholds: a figure that is missing fails and says what it lacks", "[report][unit]") {
  Summary s = twelve_replies();
  const auto why = [&](std::string_view expression) {
    const ThresholdResult result = result_of(expression, s);
    CHECK(result.value == std::nullopt);
    CHECK_FALSE(result.held);
    return result.why.value_or("nothing");
  };
  CHECK(why("p99>1ms") == "p99 needs 100 samples, there are 12");
  CHECK(why("p99<1ms") == "p99 needs 100 samples, there are 12");
  CHECK(why("response.p99>1ms") == "p99 needs 100 samples, there are 12");
  CHECK(why("rtt_variation.p95>1ms") == "p95 needs 20 samples, there are at most 11");
  CHECK(why("instrument.send_lateness.p99>1ms") == "p99 needs 100 samples, there are at most 12");
  s.wake_up = {.mean = 1us, .p50 = 2us, .p99 = {}, .max = 4us};
  CHECK(why("instrument.wake_up.p99>1ms") == "p99 needs 100 samples, there are fewer");
  CHECK(why("server_residence.p99>1ms") == "not measured");
  CHECK(why("connect>1ms") == "not measured");
  CHECK(why("tcp_info.rtt>1ms") == "not measured");
  CHECK(why("connect_time.p50>1ms") == "connect_time.p50 is measured only with --mode connect");

  s.received_total = 1;
  s.rtt.p75 = {};
  CHECK(why("p75>1ms") == "p75 needs 4 samples, there is 1");
  s.scheduled_total = 200;
  s.received_total = 150;
  s.response.mean = s.response.max = {};
  CHECK(why("response.p99>1ms") == "lost and skipped probes count as infinite");
  CHECK(why("response.max>1ms") == "lost and skipped probes count as infinite");
  // A server that stamped only some of its replies.
  s.server_residence = {.min = 1us, .mean = 2us, .p50 = 3us, .p99 = {}, .max = 5us};
  CHECK(why("server_residence.p99>1ms") == "p99 needs 100 samples, there are fewer");

  s = samples::bare_summary();
  CHECK(why("p99>1ms") == "no reply was received");
  CHECK(why("response.max>1ms") == "no reply was received");
  CHECK(why("loss>1%") == "not measured");
  s.mode = ProbeMode::connect;
  CHECK(why("p99>1ms") == "p99 is not measured with --mode connect; connect_time.p99 is");
  CHECK(why("server_residence.p99>1ms") ==
        "server_residence.p99 is not measured with --mode connect");
}

TEST_CASE("thresholds: what too few probes can't measure is known before the first",
          "[report][unit]") {
  const auto why = [](std::string_view expression, std::uint64_t probes) {
    return certainly_null(one(expression), probes).value_or("may be measured");
  };
  CHECK(why("p99>1ms", 99) == "p99 needs 100 samples; 99 probes give at most 99");
  CHECK(why("p99>1ms", 100) == "may be measured");
  CHECK(why("p99>1ms", 0) == "may be measured");
  CHECK(why("p999>1ms", 999) == "p999 needs 1000 samples; 999 probes give at most 999");
  CHECK(why("p9999>1ms", 10'000) == "may be measured");
  CHECK(why("response.p95>1ms", 1) == "p95 needs 20 samples; 1 probe gives at most 1");
  CHECK(why("p50>1ms", 1) == "may be measured");
  CHECK(why("p75>1ms", 3) == "p75 needs 4 samples; 3 probes give at most 3");
  CHECK(why("loss>1%", 1) == "may be measured");
  CHECK(why("rtt_variation.p99>1ms", 100) == "p99 needs 100 samples; 100 probes give at most 99");
  CHECK(why("rtt_variation.p99>1ms", 101) == "may be measured");
  // Sleeps are not counted by the probe.
  CHECK(why("instrument.wake_up.p99>1ms", 50) == "may be measured");
  CHECK(why("jitter_rfc3550>1ms", 1) == "jitter_rfc3550 needs 1 sample; 1 probe gives at most 0");
  CHECK(why("connect_time.p50>1ms", 10) == "connect_time.p50 is measured only with --mode connect");
  CHECK(certainly_null(one("connect_time.p50>1ms"), 10, ProbeMode::connect) == std::nullopt);
  CHECK(certainly_null(one("p50>1ms"), 0, ProbeMode::connect) ==
        "p50 is not measured with --mode connect; connect_time.p50 is");
}

TEST_CASE("thresholds: a line says what was measured, in the figure's unit", "[report][unit]") {
  Summary s = samples::full_summary();
  s.rtt.p99 = 41'234ns;
  CHECK(text_of("p99>1ns", s) == "threshold failed: p99>1ns (p99 is 41.2 µs)");
  CHECK(text_of("rtt.p99>1ms", s) == "threshold held: rtt.p99>1ms (rtt.p99 is 41.2 µs)");
  CHECK(text_of("loss>1%", s) == "threshold failed: loss>1% (loss is 12.5%)");
  CHECK(text_of("loss_ratio>1%", s) == "threshold failed: loss_ratio>1% (loss_ratio is 6.25%)");
  CHECK(text_of("duplicate_total>=6", s) ==
        "threshold failed: duplicate_total>=6 (duplicate_total is 6)");
  CHECK(text_of("achieved<10", s) == "threshold failed: achieved<10 (achieved is 9.75/s)");
  CHECK(text_of("tx_bytes_total>1k", s) ==
        "threshold failed: tx_bytes_total>1k (tx_bytes_total is 7.00 KiB)");
  CHECK(text_of("p99>1ms", twelve_replies()) ==
        "threshold failed: p99>1ms (p99 needs 100 samples, there are 12)");
  CHECK(threshold_text(result_of("p99>1ns", s), {.colour = Colour::on}) ==
        "\x1b[31mthreshold failed: p99>1ns (p99 is 41.2 µs)\x1b[0m");
  CHECK(threshold_text(result_of("p99>1s", s), {.colour = Colour::on}) ==
        "threshold held: p99>1s (p99 is 41.2 µs)");
}

TEST_CASE("thresholds: a value never looks like the limit it misses", "[report][unit]") {
  Summary s = samples::full_summary();
  s.rtt.p99 = 41'234ns;
  s.unanswered_ratio = 0.0100001;
  s.tx_bytes_total = 7169;
  s.achieved_per_second = 949.99999;
  CHECK(text_of("p99>41.2us", s) == "threshold failed: p99>41.2us (p99 is 41234 ns)");
  CHECK(text_of("loss>1%", s) == "threshold failed: loss>1% (loss is 1.00001%)");
  CHECK(text_of("tx_bytes_total>7k", s) ==
        "threshold failed: tx_bytes_total>7k (tx_bytes_total is 7169 B)");
  CHECK(text_of("achieved<950", s) == "threshold failed: achieved<950 (achieved is 949.99999/s)");
  CHECK(text_of("p99>41234ns", s) == "threshold held: p99>41234ns (p99 is 41.2 µs)");
}

TEST_CASE("thresholds: nothing in a result acts on the terminal", "[report][unit]") {
  CHECK(threshold_text({"\x1b[2J", 1.0, false, {}}, {}) == "threshold failed: \\x1b[2J");
  CHECK(threshold_text({"p99>1ms", {}, false, "\x1b[2J"}, {}) ==
        "threshold failed: p99>1ms (\\x1b[2J)");
  CHECK(text_of("p99\t>1ms", samples::full_summary()) ==
        "threshold held: p99\\x09>1ms (p99 is 40.0 µs)");
}

}  // namespace netecho
