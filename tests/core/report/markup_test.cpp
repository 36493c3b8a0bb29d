#include "core/report/page/markup.hpp"

#include "core/report/page/axis.hpp"
#include "tests/support/catch.hpp"

namespace netecho {
namespace {

using namespace std::chrono_literals;

std::vector<std::string> labels_of(const std::vector<Tick>& ticks) {
  std::vector<std::string> out;
  for (const Tick& tick : ticks) out.push_back(tick.label);
  return out;
}

using Labels = std::vector<std::string>;

}  // namespace

TEST_CASE("markup: text and attributes are escaped wherever they stand", "[report][unit]") {
  Markup out;
  out.open("p", {{"title", "a\"b'c<d>&"}}).text("</p><script>&\"'").close();
  CHECK(out.take() ==
        "<p title=\"a&quot;b&#39;c&lt;d&gt;&amp;\">&lt;/p&gt;&lt;script&gt;&amp;&quot;&#39;</p>\n");
}

TEST_CASE("markup: bytes that no page has become U+FFFD", "[report][unit]") {
  CHECK(escape_markup(std::string_view{"a\0b", 3}) ==
        "a\xEF\xBF\xBD"
        "b");
  CHECK(escape_markup("\x1b[1m\x7f") == "\xEF\xBF\xBD[1m\xEF\xBF\xBD");
  CHECK(escape_markup("\xC0\xAF") == "\xEF\xBF\xBD\xEF\xBF\xBD");
  CHECK(escape_markup("안녕\n\t") == "안녕\n\t");
}

TEST_CASE("markup: elements of SVG close themselves, and ids occur once", "[report][unit]") {
  Markup out;
  CHECK(out.next_id() == "p1");
  CHECK(out.next_id() == "p2");
  out.leaf("path", {{"d", "M1 2" + coordinate(3)}});
  CHECK(out.take() == "<path d=\"M1 23\"/>\n");
}

TEST_CASE("markup: data is a block that no browser runs", "[report][unit]") {
  Markup out;
  out.data("x", R"({"a":"\u003c/script>"})");
  CHECK(out.take() ==
        "<script type=\"application/json\" id=\"x\">{\"a\":\"\\u003c/script>\"}</script>\n");
}

TEST_CASE("markup: coordinates have one decimal at the most", "[report][unit]") {
  CHECK(coordinate(12) == "12");
  CHECK(coordinate(12.34) == "12.3");
  CHECK(coordinate(-0.26) == "-0.3");
  CHECK(coordinate(0.04) == "0");
  CHECK(coordinate(-0.04) == "0");
}

TEST_CASE("axis: logarithms need no libm and are exact enough", "[report][unit]") {
  CHECK(log2_of(1) == 0);
  CHECK(log2_of(1024) == 10);
  CHECK(std::abs(log2_of(10) - 3.321928094887) < 1e-9);
  CHECK(std::abs(log2_of(0.3) + 1.736965594166) < 1e-9);
}

TEST_CASE("axis: values lie between its ends, and outside at the nearer one", "[report][unit]") {
  const Axis linear{AxisKind::linear, 10, 20, 100, 200};
  CHECK(linear.at(15) == 150);
  CHECK(linear.at(5) == 100);
  CHECK(linear.at(25) == 200);
  const Axis logarithmic{AxisKind::logarithmic, 1, 10'000, 0, 4};
  CHECK(std::abs(logarithmic.at(100) - 2) < 1e-6);
}

TEST_CASE("axis: latencies of many magnitudes are logarithmic, of few linear", "[report][unit]") {
  CHECK(latency_axis(10us, 300us, 0, 1).kind() == AxisKind::logarithmic);
  CHECK(latency_axis(100us, 300us, 0, 1).kind() == AxisKind::linear);
  CHECK(latency_axis(100us, 300us, 0, 1).low() == 0);
  CHECK(latency_axis(290us, 300us, 0, 1).low() > 280e3);
  CHECK(latency_axis(100us, 300us, 0, 1, AxisStart::at_least).low() > 0);
  // A single value, even zero, has room around it.
  CHECK(latency_axis(5us, 5us, 0, 1).low() < latency_axis(5us, 5us, 0, 1).high());
  CHECK(latency_axis(0ns, 0ns, 0, 1).low() < latency_axis(0ns, 0ns, 0, 1).high());
}

TEST_CASE("axis: ticks are round and have one unit", "[report][unit]") {
  const Axis axis{AxisKind::linear, 0, 2.1e6, 0, 1};
  CHECK(labels_of(latency_ticks(axis)) == Labels{"0 ms", "0.5 ms", "1 ms", "1.5 ms", "2 ms"});
  const Axis decades{AxisKind::logarithmic, 50e3, 3e6, 0, 1};
  CHECK(labels_of(latency_ticks(decades)) ==
        Labels{"50 µs", "100 µs", "200 µs", "500 µs", "1 ms", "2 ms"});
  const Axis many{AxisKind::logarithmic, 2e3, 3e9, 0, 1};
  CHECK(labels_of(latency_ticks(many)) ==
        Labels{"10 µs", "100 µs", "1 ms", "10 ms", "100 ms", "1 s"});
}

TEST_CASE("axis: the time of a run has minutes, hours and days", "[report][unit]") {
  const Axis minutes{AxisKind::linear, 0, 600e9, 0, 1};
  CHECK(labels_of(time_ticks(minutes)) ==
        Labels{"0 min", "2 min", "4 min", "6 min", "8 min", "10 min"});
  const Axis seconds{AxisKind::linear, 0, 100e9, 0, 1};
  CHECK(labels_of(time_ticks(seconds)).back() == "100 s");
  const Axis days{AxisKind::linear, 0, 10 * 86400e9, 0, 1};
  CHECK(labels_of(time_ticks(days)).back() == "10 d");
}

}  // namespace netecho
