#include "core/base/units.hpp"

#include "tests/support/catch.hpp"

using namespace netecho;
using namespace std::chrono_literals;

namespace {

Duration duration(std::string_view text) {
  const Parsed<Duration> parsed = parse_duration(text);
  INFO(parsed.why);
  REQUIRE(parsed.value.has_value());
  CHECK(parsed.why.empty());
  return *parsed.value;
}

std::uint64_t size(std::string_view text) {
  const Parsed<std::uint64_t> parsed = parse_size(text);
  INFO(parsed.why);
  REQUIRE(parsed.value.has_value());
  CHECK(parsed.why.empty());
  return *parsed.value;
}

double rate(std::string_view text) {
  const Parsed<double> parsed = parse_rate(text);
  INFO(parsed.why);
  REQUIRE(parsed.value.has_value());
  CHECK(parsed.why.empty());
  return *parsed.value;
}

}  // namespace

TEST_CASE("duration: every unit is understood, and a bare number is seconds", "[unit][units]") {
  CHECK(duration("10ns") == 10ns);
  CHECK(duration("100us") == 100us);
  CHECK(duration("250ms") == 250ms);
  CHECK(duration("1.5s") == 1500ms);
  CHECK(duration("2m") == 2min);
  CHECK(duration("1h") == 1h);
  CHECK(duration("3") == 3s);
  CHECK(duration("0.25") == 250ms);
  CHECK(duration(".5s") == 500ms);
  CHECK(duration("0") == 0ns);
  CHECK(duration("0ms") == 0ns);
}

TEST_CASE("duration: fractions are exact to the nanosecond, and rounded below it",
          "[unit][units]") {
  CHECK(duration("0.1s") == 100ms);
  CHECK(duration("1.000000001s") == 1'000'000'001ns);
  CHECK(duration("1.4ns") == 1ns);
  CHECK(duration("1.5ns") == 2ns);
  CHECK(duration("0.0001us") == 0ns);
}

TEST_CASE("duration: what is not one gets an example", "[unit][units]") {
  for (const char* text :
       {"",   "banana", "-1", "-1s",   "+1s",   "1e3",  "1 s", " 1s", "1s ",  "1x",
        "1S", "ms",     ".",  "1..5s", "1.2.3", "0x10", "inf", "nan", "1,5s", "1m30s"}) {
    CAPTURE(text);
    const Parsed<Duration> parsed = parse_duration(text);
    CHECK_FALSE(parsed.value.has_value());
    CHECK(parsed.why ==
          "expected a duration such as 250ms, 1.5s or 2m, got '" + std::string(text) + "'");
  }
}

TEST_CASE("duration: more than 292 years is out of range, however it is written", "[unit][units]") {
  CHECK(duration("2500000h") == 2'500'000h);
  const std::string digits(400, '9');
  for (const std::string& text :
       {std::string("2600000h"), std::string("9300000000s"), digits, digits + "ns"}) {
    CAPTURE(text);
    const Parsed<Duration> parsed = parse_duration(text);
    CHECK_FALSE(parsed.value.has_value());
    CHECK(parsed.why == "'" + text + "' is over 292 years");
  }
  CHECK(duration("0." + std::string(400, '0') + "1s") == 0ns);
}

TEST_CASE("size: k, M and G are binary, kB, MB and GB decimal", "[unit][units]") {
  CHECK(size("64") == 64);
  CHECK(size("64B") == 64);
  CHECK(size("0") == 0);
  CHECK(size("64k") == 65'536);
  CHECK(size("64K") == 65'536);
  CHECK(size("64KiB") == 65'536);
  CHECK(size("1M") == 1'048'576);
  CHECK(size("1MiB") == 1'048'576);
  CHECK(size("2G") == 2'147'483'648);
  CHECK(size("2GiB") == 2'147'483'648);
  CHECK(size("1kB") == 1'000);
  CHECK(size("1MB") == 1'000'000);
  CHECK(size("1GB") == 1'000'000'000);
}

TEST_CASE("size: a fraction is fine where whole bytes come out", "[unit][units]") {
  CHECK(size("1.5k") == 1'536);
  CHECK(size("0.5KiB") == 512);
  CHECK(size("1.001kB") == 1'001);
  CHECK(size("1.005kB") == 1'005);
  for (const char* text : {"0.5", "1.1k", "1.0001kB", "0.0001"}) {
    CAPTURE(text);
    const auto parsed = parse_size(text);
    CHECK_FALSE(parsed.value.has_value());
    CHECK(parsed.why == "expected a whole number of bytes, got '" + std::string(text) + "'");
  }
}

TEST_CASE("size: what is not one gets an example, what is too large the limit", "[unit][units]") {
  for (const char* text : {"", "k", "-1", "+1", "1e3", "64 k", "64kb", "1T", "64ms", "0x40"}) {
    CAPTURE(text);
    const auto parsed = parse_size(text);
    CHECK_FALSE(parsed.value.has_value());
    CHECK(parsed.why == "expected a size such as 64, 64k or 1MiB, got '" + std::string(text) + "'");
  }
  CHECK(size("8589934591G") == 8'589'934'591ULL << 30);
  for (const std::string& text : {std::string("8589934592G"), std::string(400, '1')}) {
    CAPTURE(text);
    const auto parsed = parse_size(text);
    CHECK_FALSE(parsed.value.has_value());
    CHECK(parsed.why == "'" + text + "' is not below 8 EiB");
  }
}

TEST_CASE("rate: per second, in decimal thousands", "[unit][units]") {
  CHECK(rate("1000") == 1000.0);
  CHECK(rate("10k") == 10'000.0);
  CHECK(rate("1M") == 1e6);
  CHECK(rate("1G") == 1e9);
  CHECK(rate("0.5") == 0.5);
}

TEST_CASE("rate: zero, too much and nonsense get the range", "[unit][units]") {
  for (const std::string& text :
       {std::string(), std::string("0"), std::string("0k"), std::string("-1"), std::string("2G"),
        std::string("1.1G"), std::string("fast"), std::string("10/s"), std::string("1e3"),
        std::string(400, '9')}) {
    CAPTURE(text);
    const auto parsed = parse_rate(text);
    CHECK_FALSE(parsed.value.has_value());
    CHECK(parsed.why ==
          "expected a rate above 0 and up to 1G per second, such as 1000 or 10k, got '" + text +
              "'");
  }
}

TEST_CASE("duration: three digits and a unit for people", "[unit][units]") {
  CHECK(format_duration(0ns) == "0 ns");
  CHECK(format_duration(999ns) == "999 ns");
  CHECK(format_duration(1000ns) == "1.00 µs");
  CHECK(format_duration(9'994ns) == "9.99 µs");
  CHECK(format_duration(9'996ns) == "10.0 µs");
  CHECK(format_duration(12'340ns) == "12.3 µs");
  CHECK(format_duration(99'940ns) == "99.9 µs");
  CHECK(format_duration(99'960ns) == "100 µs");
  CHECK(format_duration(999'400ns) == "999 µs");
  CHECK(format_duration(999'600ns) == "1.00 ms");
  CHECK(format_duration(123'456'789ns) == "123 ms");
  CHECK(format_duration(999'600us) == "1.00 s");
  CHECK(format_duration(90s) == "90.0 s");
  CHECK(format_duration(119s) == "119 s");
  CHECK(format_duration(120s) == "2.00 min");
  CHECK(format_duration(119min) == "119 min");
  CHECK(format_duration(120min) == "2.00 h");
}

TEST_CASE("duration: a negative one has its digits, too", "[unit][units]") {
  CHECK(format_duration(-5ns) == "-5 ns");
  CHECK(format_duration(-12'340ns) == "-12.3 µs");
  CHECK(format_duration(-123'456us) == "-123 ms");
}

TEST_CASE("size: binary units for people", "[unit][units]") {
  CHECK(format_size(0) == "0 B");
  CHECK(format_size(64) == "64 B");
  CHECK(format_size(1023) == "1023 B");
  CHECK(format_size(1024) == "1.00 KiB");
  CHECK(format_size(1536) == "1.50 KiB");
  CHECK(format_size(65'536) == "64.0 KiB");
  CHECK(format_size(1'048'575) == "1.00 MiB");
  CHECK(format_size(1'073'741'824) == "1.00 GiB");
  CHECK(format_size(0xFFFF'FFFF'FFFF'FFFF) == "16.0 EiB");
}

TEST_CASE("date: RFC 3339 in UTC with nine decimals", "[unit][units]") {
  CHECK(format_rfc3339(WallTime{}) == "1970-01-01T00:00:00.000000000Z");
  CHECK(format_rfc3339(WallTime{1'795'415'000'123'456'789ns}) == "2026-11-23T06:23:20.123456789Z");
  CHECK(format_rfc3339(WallTime{951'827'696s}) == "2000-02-29T12:34:56.000000000Z");
  CHECK(format_rfc3339(WallTime{-1ns}) == "1969-12-31T23:59:59.999999999Z");
  CHECK(format_rfc3339(WallTime{-1s}) == "1969-12-31T23:59:59.000000000Z");
  CHECK(format_rfc3339(WallTime::max()) == "2262-04-11T23:47:16.854775807Z");
  CHECK(format_rfc3339(WallTime::min()) == "1677-09-21T00:12:43.145224192Z");
}
