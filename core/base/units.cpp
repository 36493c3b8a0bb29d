#include "core/base/units.hpp"
#include "core/base/decimal.hpp"
#include "core/base/fixed_text.hpp"
#include "core/base/rounding.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <span>

namespace netecho {
namespace {

struct Unit {
  FixedText<3> name;
  double factor;
};

constexpr std::array<Unit, 7> kDurationUnits{
    {{"", 1e9}, {"ns", 1}, {"us", 1e3}, {"ms", 1e6}, {"s", 1e9}, {"m", 60e9}, {"h", 3600e9}}};

constexpr std::array<Unit, 14> kSizeUnits{{{"", 1},
                                           {"B", 1},
                                           {"k", 1024.0},
                                           {"K", 1024.0},
                                           {"KiB", 1024.0},
                                           {"kB", 1e3},
                                           {"KB", 1e3},
                                           {"M", 1048576.0},
                                           {"MiB", 1048576.0},
                                           {"MB", 1e6},
                                           {"G", 1073741824.0},
                                           {"GiB", 1073741824.0},
                                           {"GB", 1e9},
                                           {"kiB", 1024.0}}};

constexpr std::array<Unit, 4> kRateUnits{{{"", 1}, {"k", 1e3}, {"M", 1e6}, {"G", 1e9}}};

/// Splits "1.5ms" into 1.5 and its unit's factor. Only digits and one dot: no sign, no exponent.
/// More digits than a double takes give infinity, which is out of range but a number.
std::optional<double> parse_quantity(std::string_view text, std::span<const Unit> units) {
  const std::size_t end = std::min(text.find_first_not_of("0123456789."), text.size());
  const auto number = parse_decimal(text.substr(0, end));
  if (!number) return std::nullopt;
  for (const Unit& unit : units) {
    if (unit.name == text.substr(end)) return *number * unit.factor;
  }
  return std::nullopt;
}

std::string three_digits(double value, const char* unit) {
  const double magnitude = std::abs(value);
  const int decimals = magnitude < 9.995 ? 2 : magnitude < 99.95 ? 1 : 0;
  std::array<char, 48> text{};
  std::snprintf(text.data(), text.size(), "%.*f %s", decimals, value, unit);
  return text.data();
}

}  // namespace

Parsed<Duration> parse_duration(std::string_view text) {
  const auto nanoseconds = parse_quantity(text, kDurationUnits);
  if (!nanoseconds) {
    return {{}, "expected a duration such as 250ms, 1.5s or 2m, got '" + std::string(text) + "'"};
  }
  if (*nanoseconds >= 9.2e18) return {{}, "'" + std::string(text) + "' is over 292 years"};
  return {Duration{nearest(*nanoseconds)}, {}};
}

Parsed<std::uint64_t> parse_size(std::string_view text) {
  const auto bytes = parse_quantity(text, kSizeUnits);
  if (!bytes) {
    return {{}, "expected a size such as 64, 64k or 1MiB, got '" + std::string(text) + "'"};
  }
  if (*bytes >= 0x1p63) return {{}, "'" + std::string(text) + "' is not below 8 EiB"};
  const auto whole = static_cast<double>(nearest(*bytes));
  // 1.001kB is 1000.9999999999999 in binary, and means 1001 all the same.
  if (std::abs(*bytes - whole) > whole * 1e-12) {
    return {{}, "expected a whole number of bytes, got '" + std::string(text) + "'"};
  }
  return {static_cast<std::uint64_t>(whole), {}};
}

Parsed<double> parse_rate(std::string_view text) {
  const auto rate = parse_quantity(text, kRateUnits);
  if (!rate || *rate <= 0 || *rate > 1e9) {
    return {{},
            "expected a rate above 0 and up to 1G per second, such as 1000 or 10k, got '" +
                std::string(text) + "'"};
  }
  return {*rate, {}};
}

std::string format_duration(Duration duration) {
  const double ns = static_cast<double>(duration.count());
  const double magnitude = std::abs(ns);
  if (magnitude < 999.5) return std::to_string(duration.count()) + " ns";
  if (magnitude < 999.5e3) return three_digits(ns / 1e3, "µs");
  if (magnitude < 999.5e6) return three_digits(ns / 1e6, "ms");
  if (magnitude < 119.5e9) return three_digits(ns / 1e9, "s");
  if (magnitude < 119.5 * 60e9) return three_digits(ns / 60e9, "min");
  return three_digits(ns / 3600e9, "h");
}

std::string format_size(std::uint64_t bytes) {
  if (bytes < 1024) return std::to_string(bytes) + " B";
  double value = static_cast<double>(bytes);
  const char* unit = "B";
  for (const char* next : {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"}) {
    if (value < 1023.5) break;
    value /= 1024;
    unit = next;
  }
  return three_digits(value, unit);
}

std::string format_rfc3339(WallTime time) {
  const std::int64_t total_ns = time.time_since_epoch().count();
  std::int64_t nanoseconds = total_ns % 1'000'000'000;
  std::time_t seconds = total_ns / 1'000'000'000;
  if (nanoseconds < 0) {
    nanoseconds += 1'000'000'000;
    --seconds;
  }
  std::tm utc{};
  ::gmtime_r(&seconds, &utc);
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02d-%02dT%02d:%02d:%02d.%09lldZ",
                utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min,
                utc.tm_sec, static_cast<long long>(nanoseconds));
  return text.data();
}

}  // namespace netecho
