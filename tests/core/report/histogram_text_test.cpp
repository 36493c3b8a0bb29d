#include "core/report/histogram_text.hpp"

#include <cmath>
#include <numeric>
#include <sstream>
#include <vector>

#include "core/base/random.hpp"
#include "core/report/unicode.hpp"
#include "tests/support/catch.hpp"

namespace netecho {
namespace {

using namespace std::chrono_literals;

struct Samples {
  Duration value;
  int count;
};

Histogram of(const std::vector<Samples>& samples) {
  Histogram histogram;
  for (const auto& [value, count] : samples) {
    for (int i = 0; i < count; ++i) histogram.record(value);
  }
  return histogram;
}

std::vector<std::string> rows_of(const std::string& text) {
  std::vector<std::string> rows;
  std::istringstream lines{text};
  std::string line;
  std::getline(lines, line);  // The heading.
  while (std::getline(lines, line)) rows.push_back(line);
  return rows;
}

/// The second column of all rows.
std::uint64_t counted(const std::string& text) {
  std::uint64_t sum = 0;
  for (const std::string& row : rows_of(text)) {
    if (row.ends_with("⋮")) continue;
    std::istringstream words{row};
    std::string bound;
    std::string unit;
    std::uint64_t count = 0;
    words >> bound >> unit >> count;
    sum += count;
  }
  return sum;
}

}  // namespace

TEST_CASE("histogram text: nothing without samples", "[report][unit]") {
  CHECK(histogram_text(Histogram{}).empty());
}

TEST_CASE("histogram text: one sample is one row", "[report][unit]") {
  CHECK(histogram_text(of({{41'200ns, 1}}), 60) ==
        "    from  samples\n"
        " 41.2 µs        1  100.00%  ████████████████████████████████\n");
  CHECK(histogram_text(of({{0ns, 1}}), 40) ==
        "    from  samples\n"
        "    0 ns        1  100.00%  ████████████\n");
}

TEST_CASE("histogram text: rows are equally far apart on a logarithmic scale", "[report][unit]") {
  const Histogram histogram =
      of({{20us, 20}, {21'500ns, 80}, {25us, 160}, {28us, 40}, {50us, 10}, {100us, 1}});
  CHECK(histogram_text(histogram, 44) ==
        "    from  samples\n"
        " 20.0 µs       20    6.43%  ██\n"
        " 21.2 µs       80   25.72%  ████████\n"
        "       ⋮\n"
        " 25.0 µs      160   51.45%  ████████████████\n"
        " 26.5 µs        0    0.00%\n"
        " 28.0 µs       40   12.86%  ████\n"
        "       ⋮\n"
        " 50.0 µs       10    3.22%  █\n"
        "       ⋮\n"
        "  100 µs        1    0.32%  ▏\n");
}

TEST_CASE("histogram text: a far outlier doesn't flatten the rest", "[report][unit]") {
  std::vector<Samples> samples{{2s, 1}};
  for (int i = 0; i < 100; ++i) samples.push_back({Duration{40'000 + 500 * i}, 10});
  const std::vector<std::string> rows = rows_of(histogram_text(of(samples)));
  REQUIRE(rows.size() == 16);
  CHECK(rows.front().starts_with(" 40.0 µs       50 "));
  CHECK(rows[14] == "       ⋮");
  CHECK(rows.back() == "  2.00 s        1    0.10%  ▌");
}

TEST_CASE("histogram text: a narrow range has linear rows, told apart by three digits",
          "[report][unit]") {
  CHECK(histogram_text(of({{40us, 30}, {40'200ns, 60}, {40'300ns, 20}, {40'900ns, 15}}), 44) ==
        "    from  samples\n"
        " 40.0 µs       30   24.00%  ████████\n"
        " 40.1 µs        0    0.00%\n"
        " 40.2 µs       60   48.00%  ████████████████\n"
        " 40.3 µs       20   16.00%  █████▍\n"
        "       ⋮\n"
        " 40.9 µs       15   12.00%  ████\n");
}

TEST_CASE("histogram text: a bucket counts where percentiles put it", "[report][unit]") {
  // 50 µs is in the bucket from 49,984 ns to 50,015 ns.
  const std::string text = histogram_text(of({{50us, 9}, {150us, 1}}), 40);
  CHECK(rows_of(text).front() == " 50.0 µs        9   90.00%  ████████████");
}

TEST_CASE("histogram text: few samples have few rows", "[report][unit]") {
  std::vector<Samples> ten;
  ten.reserve(10);
  for (int i = 0; i < 10; ++i) ten.push_back({Duration{10'000 + 8'000 * i}, 1});
  CHECK(histogram_text(of(ten), 44) ==
        "    from  samples\n"
        " 10.0 µs        1   10.00%  █████▍\n"
        " 16.0 µs        1   10.00%  █████▍\n"
        " 25.0 µs        2   20.00%  ██████████▋\n"
        " 40.0 µs        3   30.00%  ████████████████\n"
        " 63.0 µs        3   30.00%  ████████████████\n");
}

TEST_CASE("histogram text: every sample is in one of at most 20 rows", "[report][unit]") {
  SplitMix64 random{GENERATE(1U, 2U, 3U, 4U, 5U)};
  const std::size_t count = GENERATE(2U, 5U, 100U, 10'000U);
  const double spread = GENERATE(1.001, 1.5, 2.0, 2.1, 10.0, 1e4, 3.6e12);
  Histogram histogram;
  for (std::size_t i = 0; i < count; ++i) {
    histogram.record(Duration{std::llround(std::pow(spread, random.next_unit()) * 37)});
  }
  const std::string text = histogram_text(histogram);
  CAPTURE(text);
  CHECK(counted(text) == count);
  CHECK(rows_of(text).size() <= 20);
  for (const std::string& row : rows_of(text)) CHECK(columns_of(row) <= 80);
}

TEST_CASE("histogram text: samples beyond the last bucket are in the last row", "[report][unit]") {
  const std::string text = histogram_text(of({{0ns, 1}, {3ns, 1}, {2h, 2}}), 40);
  CHECK(text ==
        "    from  samples\n"
        "    0 ns        1   25.00%  ██████\n"
        "    1 ns        1   25.00%  ██████\n"
        "       ⋮\n"
        "52.5 min        2   50.00%  ████████████\n");
  CHECK(counted(histogram_text(of({{2h, 3}, {3h, 1}}))) == 4);
}

TEST_CASE("histogram text: bars fill the terminal, and are seen on a narrow one",
          "[report][unit]") {
  const Histogram histogram = of({{10us, 1'000'000}, {30us, 1}});
  const auto bar_of = [&](std::size_t columns) {
    return columns_of(rows_of(histogram_text(histogram, columns)).front());
  };
  CHECK(bar_of(80) == 80);
  CHECK(bar_of(200) == 200);
  CHECK(bar_of(38) == 38);
  CHECK(bar_of(37) == 38);
  CHECK(bar_of(0) == 38);
  CHECK(rows_of(histogram_text(histogram)).back() == " 30.0 µs        1    0.00%  ▏");
}

}  // namespace netecho
