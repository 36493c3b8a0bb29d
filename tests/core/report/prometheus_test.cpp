#include <algorithm>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "core/report/formats.hpp"
#include "core/report/prometheus_probe.hpp"
#include "core/report/prometheus_serve.hpp"
#include "tests/core/report/samples.hpp"
#include "tests/support/catch.hpp"

namespace netecho {
namespace {

using namespace std::chrono_literals;

/// The samples of a document whose name begins so, without their labels' target.
std::string samples_of(const std::string& document, const std::string& name) {
  std::istringstream lines{document};
  std::string out;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with(name)) out += line + "\n";
  }
  return out;
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

std::shared_ptr<RunDetail> some_detail() {
  auto detail = std::make_shared<RunDetail>();
  for (const Duration each : {Duration{5us}, Duration{41us}, Duration{50us}, Duration{2s}}) {
    detail->latency.record(each);
    detail->response.record(each + 1us);
  }
  detail->server_residence.record(900ns);
  detail->send_lateness.record(1us);
  detail->unanswered = 13;
  detail->answered_lately = true;
  return detail;
}

std::string document_of(std::vector<Summary> targets,
                        const std::shared_ptr<const RunDetail>& detail) {
  ResultEvent result;
  result.details.assign(targets.size(), detail);
  result.targets = std::move(targets);
  return prometheus_document(result);
}

const std::string kTarget = R"(target="tcp4://127.0.0.1:7",transport="tcp",family="ipv4")";

TEST_CASE("prometheus: a summary's counters and gauges", "[report][unit]") {
  const std::string text = document_of({samples::full_summary()}, some_detail());
  CHECK(samples_of(text, "netecho_probe_sent") ==
        "netecho_probe_sent_total{" + kTarget + "} 112\n");
  const std::string lost = "netecho_probe_lost_total{" + kTarget;
  CHECK(samples_of(text, "netecho_probe_lost_total") ==
        lost + ",reason=\"timeout\"} 4\n" + lost + ",reason=\"mismatch\"} 3\n" + lost +
            ",reason=\"refused\"} 2\n" + lost + ",reason=\"unreachable\"} 1\n");
  const std::string direction = "netecho_probe_lost_direction_total{" + kTarget;
  CHECK(samples_of(text, "netecho_probe_lost_direction") ==
        direction + ",direction=\"forward\"} 8\n" + direction + ",direction=\"reverse\"} 1\n");
  const std::pair<const char*, const char*> others[] = {{"received_total", "100"},
                                                        {"send_errors_total", "1"},
                                                        {"skipped_total", "2"},
                                                        {"duplicate_total", "6"},
                                                        {"reordered_total", "7"},
                                                        {"late_total", "5"},
                                                        {"up", "1"},
                                                        {"reply_hop_limit", "57"},
                                                        {"jitter_seconds", "0.000001234"},
                                                        {"path_mtu_bytes", "1500"}};
  for (const auto& [name, value] : others) {
    const std::string whole = std::string("netecho_probe_") + name;
    CHECK(samples_of(text, whole) == whole + "{" + kTarget + "} " + value + "\n");
  }
  CHECK_FALSE(has(text, "process_"));
  CHECK_FALSE(has(text, "# EOF"));
}

TEST_CASE("prometheus: round trips are in the usual buckets, with what went unanswered behind them",
          "[report][unit]") {
  const std::string text = document_of({samples::full_summary()}, some_detail());
  const std::pair<const char*, int> buckets[] = {
      {"1e-06", 0},  {"2e-06", 0},  {"5e-06", 1},  {"1e-05", 1}, {"2e-05", 1}, {"5e-05", 3},
      {"0.0001", 3}, {"0.0002", 3}, {"0.0005", 3}, {"0.001", 3}, {"0.002", 3}, {"0.005", 3},
      {"0.01", 3},   {"0.02", 3},   {"0.05", 3},   {"0.1", 3},   {"0.2", 3},   {"0.5", 3},
      {"1.0", 3},    {"2.0", 4},    {"5.0", 4},    {"10.0", 4},  {"+Inf", 17}};
  const std::string name = "netecho_probe_rtt_seconds";
  std::string expected;
  for (const auto& [le, count] : buckets) {
    expected += name + "_bucket{" + kTarget + ",le=\"" + le + "\"} " + std::to_string(count) + "\n";
  }
  expected += name + "_sum{" + kTarget + "} 2.000096\n" + name + "_count{" + kTarget + "} 17\n";
  CHECK(samples_of(text, name) == expected);
  CHECK(has(text, "netecho_probe_response_seconds_sum{" + kTarget + "} 2.0001\n"));
  CHECK(has(text, "netecho_probe_response_seconds_count{" + kTarget + "} 17\n"));
  CHECK(has(text, "netecho_probe_server_residence_seconds_count{" + kTarget + "} 1\n"));
  CHECK(has(text, "netecho_probe_send_lateness_seconds_count 1\n"));
  CHECK_FALSE(has(text, "connect_time"));
}

TEST_CASE("prometheus: a run without replies has all its counts, and no figure that it lacks",
          "[report][unit]") {
  Summary s = samples::bare_summary();
  s.schedule = ScheduleKind::periodic;
  s.sent_total = s.timeout_total = 3;
  auto detail = std::make_shared<RunDetail>();
  detail->unanswered = 3;
  const std::string text = document_of({s}, detail);
  // The name was never looked up, so that the family is not known.
  const std::string target = R"({target="tcp://example:7",transport="tcp"})";
  CHECK(samples_of(text, "netecho_probe_received") ==
        "netecho_probe_received_total" + target + " 0\n");
  CHECK(samples_of(text, "netecho_probe_up") == "netecho_probe_up" + target + " 0\n");
  CHECK(has(text, "netecho_probe_rtt_seconds_sum" + target + " 0\n"));
  CHECK(has(text, "netecho_probe_rtt_seconds_count" + target + " 3\n"));
  CHECK(has(text, R"(tcp",le="10.0"} 0)"));
  CHECK(has(text, R"(tcp",le="+Inf"} 3)"));
  for (const char* absent : {"residence", "jitter", "hop_limit", "mtu", "direction"}) {
    CHECK_FALSE(has(text, absent));
  }
}

TEST_CASE("prometheus: a result without targets, or without a detail, is one, too",
          "[report][unit]") {
  CHECK(samples_of(document_of({}, nullptr), "netecho_").starts_with("netecho_build_info{"));
  const std::string text = document_of({samples::bare_summary()}, nullptr);
  CHECK(has(text, R"(netecho_probe_up{target="tcp://example:7",transport="tcp"} 0)"));
  for (const ResultEvent& each : samples::all_results()) CHECK_NOTHROW(prometheus_document(each));
}

TEST_CASE("prometheus: attempts to connect have a time, and a flood has no response",
          "[report][unit]") {
  Summary connects = samples::full_summary();
  connects.mode = ProbeMode::connect;
  const std::string text = document_of({connects}, some_detail());
  CHECK(has(text, "netecho_probe_connect_time_seconds_count{" + kTarget + "} 17\n"));
  CHECK_FALSE(has(text, "netecho_probe_rtt_seconds"));
  Summary floods = samples::full_summary();
  floods.schedule = ScheduleKind::flood;
  const std::string flood = document_of({floods}, some_detail());
  CHECK(has(flood, "netecho_probe_rtt_seconds_count{" + kTarget + "} 17\n"));
  CHECK_FALSE(has(flood, "netecho_probe_response_seconds"));
  CHECK_FALSE(has(flood, "netecho_probe_send_lateness_seconds"));
}

TEST_CASE("prometheus: the family of a name is that of the address it became", "[report][unit]") {
  Summary s = samples::bare_summary();
  s.peer = samples::tcp_end(7);
  CHECK(has(document_of({s}, nullptr),
            R"(netecho_probe_up{target="tcp://example:7",transport="tcp",family="ipv4"} 0)"));
}

TEST_CASE("prometheus: no two series are the same, however often a target is measured",
          "[report][unit]") {
  const Summary once = samples::bare_summary();
  const Summary twice = samples::full_summary();
  Summary larger = samples::full_summary();
  larger.target = samples::tcp_end(9);
  larger.size_bytes = 64;
  std::vector<Summary> targets{twice, larger, once, twice};
  larger.size_bytes = 1400;
  targets.push_back(larger);
  targets.push_back(larger);
  CHECK(samples_of(document_of(targets, nullptr), "netecho_probe_up") ==
        R"(netecho_probe_up{target="tcp4://127.0.0.1:7",transport="tcp",family="ipv4",flow="0"} 0
netecho_probe_up{target="tcp4://127.0.0.1:9",transport="tcp",family="ipv4",size_bytes="64"} 0
netecho_probe_up{target="tcp://example:7",transport="tcp"} 0
netecho_probe_up{target="tcp4://127.0.0.1:7",transport="tcp",family="ipv4",flow="1"} 0
netecho_probe_up{target="tcp4://127.0.0.1:9",transport="tcp",family="ipv4",size_bytes="1400",flow="0"} 0
netecho_probe_up{target="tcp4://127.0.0.1:9",transport="tcp",family="ipv4",size_bytes="1400",flow="1"} 0
)");
}

TEST_CASE("prometheus: rendered in pieces it is the same text", "[report][unit]") {
  const BucketCounts buckets;
  std::vector<ProbeSeries> targets;
  for (const char* name : {"udp://a:7", "udp://b:7", "udp://c:7"}) {
    targets.push_back({.labels = target_labels(name, "udp", {}), .rtt = &buckets});
  }
  for (const Exposition each : {Exposition::text, Exposition::open_metrics}) {
    std::string whole;
    append_probe_metrics(whole, targets, each);
    std::string sent;
    std::string piece;
    for (const ProbeFamily& family : probe_families()) {
      FamilyText text{piece, family.family, each};
      for (const ProbeSeries& target : targets) {
        family.append(text, target);
        sent += std::exchange(piece, {});
      }
    }
    CHECK(sent == whole);
  }
}

TEST_CASE("prometheus: labels of ours are reserved", "[report][unit]") {
  const auto reserved = reserved_labels();
  for (const char* name : {"target", "transport", "family", "address", "reason", "direction",
                           "endpoint", "flow", "le", "quantile"}) {
    CHECK(std::ranges::find(reserved, name) != reserved.end());
  }
  CHECK(reserved.size() == 10);
}

TEST_CASE("prometheus: what serve counts, a series an endpoint", "[report][unit]") {
  EndpointStats stream;
  stream.endpoint = samples::unix_end("/tmp/\xff");
  stream.connections_open = 3;
  const std::vector<EndpointStats> endpoints{samples::full_endpoint_stats(), stream,
                                             samples::full_endpoint_stats()};
  std::string text;
  append_serve_metrics(text, endpoints, Exposition::text);
  const std::string both = R"({endpoint="tcp4://127.0.0.1:12345"})";
  const std::string other = R"({endpoint="unixgram:///tmp/\\xff"})";
  CHECK(samples_of(text, "netecho_serve_received_bytes") ==
        "netecho_serve_received_bytes_total" + both + " 8\nnetecho_serve_received_bytes_total" +
            other + " 0\n");
  CHECK(samples_of(text, "netecho_serve_received_messages") ==
        "netecho_serve_received_messages_total" + both + " 12\n");
  CHECK(samples_of(text, "netecho_serve_connections") ==
        "netecho_serve_connections" + both + " 2\nnetecho_serve_connections" + other + " 3\n");
  const std::pair<const char*, const char*> counters[] = {{"sent_bytes", "10"},
                                                          {"sent_messages", "14"},
                                                          {"accepted", "4"},
                                                          {"rejected", "6"},
                                                          {"frames_stamped", "16"}};
  for (const auto& [name, value] : counters) {
    CHECK(has(text, std::string("netecho_serve_") + name + "_total" + both + " " + value + "\n"));
  }
  for (std::size_t i = 0; i < kDropReasonCount; ++i) {
    const std::string reason{to_string(static_cast<DropReason>(i))};
    CHECK(has(text, R"(netecho_serve_dropped_total{endpoint="tcp4://127.0.0.1:12345",reason=")" +
                        reason + "\"} " + std::to_string(2 * i) + "\n"));
  }
  std::string none;
  append_serve_metrics(none, {}, Exposition::open_metrics);
  CHECK(none.empty());
}

}  // namespace
}  // namespace netecho
