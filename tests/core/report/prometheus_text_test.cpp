#include "core/report/prometheus_text.hpp"

#include <array>

#include "core/base/build_info.hpp"
#include "core/base/escape.hpp"
#include "tests/core/report/samples.hpp"
#include "tests/support/catch.hpp"

namespace netecho {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;

constexpr MetricFamily kCounter{"x_sent_bytes", MetricType::counter, "What \"left\"\nof C:\\."};
constexpr MetricFamily kGauge{"x_late_seconds", MetricType::gauge, "How late."};
constexpr MetricFamily kHistogram{"x_rtt_seconds", MetricType::histogram, "Round trips."};
constexpr std::array kBounds{Duration{1us}, Duration{50us}, Duration{10ms}};

std::string label(std::string_view value) {
  std::string out;
  append_label(out, {"l", value});
  return out;
}

TEST_CASE("prometheus: a counter is known by its sample's name before OpenMetrics",
          "[report][unit]") {
  std::string out;
  FamilyText family{out, kCounter, Exposition::text};
  family.sample("a=\"1\"", std::uint64_t{7});
  family.sample("", {"reason", "x"}, std::uint64_t{8});
  CHECK(out ==
        "# HELP x_sent_bytes_total What \"left\"\\nof C:\\\\.\n"
        "# TYPE x_sent_bytes_total counter\n"
        "x_sent_bytes_total{a=\"1\"} 7\n"
        "x_sent_bytes_total{reason=\"x\"} 8\n");
}

TEST_CASE("prometheus: OpenMetrics names the family and its unit, and has an end",
          "[report][unit]") {
  std::string out;
  FamilyText{out, kCounter, Exposition::open_metrics}.sample("a=\"1\"", {"reason", "x"},
                                                             UINT64_MAX);
  append_end(out, Exposition::open_metrics);
  CHECK(out ==
        "# HELP x_sent_bytes What \\\"left\\\"\\nof C:\\\\.\n"
        "# TYPE x_sent_bytes counter\n"
        "# UNIT x_sent_bytes bytes\n"
        "x_sent_bytes_total{a=\"1\",reason=\"x\"} 18446744073709551615\n"
        "# EOF\n");
  std::string text;
  append_end(text, Exposition::text);
  CHECK(text.empty());
}

TEST_CASE("prometheus: a family without samples leaves nothing, and one has one header",
          "[report][unit]") {
  std::string out;
  FamilyText family{out, kGauge, Exposition::text};
  CHECK(out.empty());
  family.sample("", 1500us);
  CHECK(out ==
        "# HELP x_late_seconds How late.\n# TYPE x_late_seconds gauge\nx_late_seconds 0.0015\n");
  out.clear();  // As if it had been sent.
  family.sample("a=\"2\"", -2ns);
  CHECK(out == "x_late_seconds{a=\"2\"} -0.000000002\n");
}

TEST_CASE("prometheus: buckets add up, and what has no value is in +Inf and the count alone",
          "[report][unit]") {
  BucketCounts buckets{kBounds};
  for (const Duration each : {Duration{1us}, Duration{50us}, Duration{50001ns}, Duration{1h}}) {
    buckets.record(each);
  }
  buckets.record_infinite(3);
  std::string out;
  FamilyText{out, kHistogram, Exposition::text}.sample("a=\"1\"", buckets);
  CHECK(out ==
        "# HELP x_rtt_seconds Round trips.\n"
        "# TYPE x_rtt_seconds histogram\n"
        "x_rtt_seconds_bucket{a=\"1\",le=\"1e-06\"} 1\n"
        "x_rtt_seconds_bucket{a=\"1\",le=\"5e-05\"} 2\n"
        "x_rtt_seconds_bucket{a=\"1\",le=\"0.01\"} 3\n"
        "x_rtt_seconds_bucket{a=\"1\",le=\"+Inf\"} 7\n"
        "x_rtt_seconds_sum{a=\"1\"} 3600.000101001\n"
        "x_rtt_seconds_count{a=\"1\"} 7\n");
}

TEST_CASE("prometheus: a histogram without labels has that of its buckets alone",
          "[report][unit]") {
  std::string out;
  FamilyText{out, kHistogram, Exposition::open_metrics}.sample("", BucketCounts{{}});
  CHECK(out ==
        "# HELP x_rtt_seconds Round trips.\n"
        "# TYPE x_rtt_seconds histogram\n"
        "# UNIT x_rtt_seconds seconds\n"
        "x_rtt_seconds_bucket{le=\"+Inf\"} 0\n"
        "x_rtt_seconds_sum 0\n"
        "x_rtt_seconds_count 0\n");
}

TEST_CASE("prometheus: each series of a family has the bounds of its own buckets",
          "[report][unit]") {
  std::string out;
  FamilyText family{out, kHistogram, Exposition::text};
  family.sample("a=\"1\"", BucketCounts{std::span{kBounds}.first(1)});
  out.clear();  // As if it had been sent.
  family.sample("a=\"2\"", BucketCounts{std::span{kBounds}.last(1)});
  CHECK(out ==
        "x_rtt_seconds_bucket{a=\"2\",le=\"0.01\"} 0\n"
        "x_rtt_seconds_bucket{a=\"2\",le=\"+Inf\"} 0\n"
        "x_rtt_seconds_sum{a=\"2\"} 0\n"
        "x_rtt_seconds_count{a=\"2\"} 0\n");
}

TEST_CASE("prometheus: the value of a label may be any bytes", "[report][unit]") {
  CHECK(label("") == R"(l="")");
  CHECK(label("a\"b\\c\nd") == R"(l="a\"b\\c\nd")");
  CHECK(label("안녕\t") == "l=\"안녕\t\"");
  CHECK(label("\xff!\xed\xa0\x80") == "l=\"\uFFFD!\uFFFD\uFFFD\uFFFD\"");
  CHECK(is_utf8(label(samples::hostile_bytes())));
  std::string two = label("1");
  append_label(two, {"m", "2"});
  CHECK(two == R"(l="1",m="2")");
}

TEST_CASE("prometheus: names of sockets that differ stay apart, and none acts on a terminal",
          "[report][unit]") {
  CHECK(label(label_of_name("unix:///tmp/\xff")) == R"(l="unix:///tmp/\\xff")");
  CHECK(label_of_name("\xfe") != label_of_name("\xff"));
  CHECK(label_of_name("\xff") != label_of_name("\\xff"));
  const std::string shown = label(label_of_name(samples::hostile_bytes()));
  for (const char c : shown) CHECK((c >= 0x20 && c < 0x7F));  // None of them is printable beyond.
}

TEST_CASE("prometheus: seconds are exact", "[report][unit]") {
  CHECK(seconds_text(Wide{0}) == "0");
  CHECK(seconds_text(Wide{1}) == "0.000000001");
  CHECK(seconds_text(Wide{1'000'000'000}) == "1");
  CHECK(seconds_text(Wide{10'500'000'000}) == "10.5");
  CHECK(seconds_text(Wide{UINT64_MAX}) == "18446744073.709551615");
  CHECK(seconds_text(Wide{UINT64_MAX} + Wide{UINT64_MAX}) == "36893488147.41910323");
}

TEST_CASE("prometheus: bounds are written as every exporter writes them", "[report][unit]") {
  const std::pair<Duration, const char*> bounds[] = {{0ns, "0.0"},
                                                     {1ns, "1e-09"},
                                                     {1500ns, "1.5e-06"},
                                                     {10us, "1e-05"},
                                                     {99us, "9.9e-05"},
                                                     {100us, "0.0001"},
                                                     {250us, "0.00025"},
                                                     {5ms, "0.005"},
                                                     {1s, "1.0"},
                                                     {10s, "10.0"},
                                                     {999'999s, "999999.0"},
                                                     {1'000'000s, "1e+06"},
                                                     {1'234'567s, "1.234567e+06"}};
  for (const auto& [bound, text] : bounds) CHECK(bound_text(bound) == text);
}

TEST_CASE("prometheus: the build is told in both formats", "[report][unit]") {
  const std::string labels = "{version=\"" + std::string(build_info().version) + "\",commit=\"" +
                             std::string(build_info().commit) + "\"}";
  for (const Exposition each : {Exposition::text, Exposition::open_metrics}) {
    std::string out;
    append_build_info(out, each);
    CHECK(out ==
          "# HELP netecho_build_info Which netecho this is; always 1.\n"
          "# TYPE netecho_build_info gauge\nnetecho_build_info" +
              labels + " 1\n");
  }
  CHECK(content_type(Exposition::text) == "text/plain; version=0.0.4; charset=utf-8");
  CHECK(content_type(Exposition::open_metrics) ==
        "application/openmetrics-text; version=1.0.0; charset=utf-8");
}

}  // namespace
}  // namespace netecho
