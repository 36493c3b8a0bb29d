#pragma once

/// \file
/// These are types of time and quantity, and how users write them (`250ms`, `64KiB`, `10k`).

#include <chrono>
#include <compare>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

namespace netecho {

using Duration = std::chrono::nanoseconds;

/// This tags CLOCK_MONOTONIC; read it through `Clock` (clock.hpp).
struct MonotonicTime {
  using rep = std::int64_t;
  using period = std::nano;
  using duration = Duration;
  using time_point = std::chrono::time_point<MonotonicTime, Duration>;
  static constexpr bool is_steady = true;
};

/// This is a point on CLOCK_MONOTONIC. Every difference that netecho reports is between two of
/// these.
using Instant = MonotonicTime::time_point;

/// This is a point on CLOCK_REALTIME, for dates and for stamps that cross hosts. They are never
/// subtracted on one host.
using WallTime = std::chrono::time_point<std::chrono::system_clock, Duration>;

inline constexpr Instant kNever = Instant::max();

/// This is the position of a probe in its session, from 0.
struct Sequence {
  std::uint64_t value = 0;
  auto operator<=>(const Sequence&) const = default;
};

/// The value, or what to tell the user: "expected …, got …" (the caller names the option).
template <typename Value>
struct Parsed {
  std::optional<Value> value;
  std::string why;  ///< Set exactly when there is no value.
};

/// Reads `250ms`, `1.5s`, `2m`, `1h`, `100us`, `10ns`; a bare number is seconds. 0 … about 292
/// years; fractions of a nanosecond are rounded to the nearest.
[[nodiscard]] Parsed<Duration> parse_duration(std::string_view text);

/// Reads bytes: `64`, `64k` = `64KiB` = 65536, `1MiB`, `1kB` = 1000, `1MB`; also G.
[[nodiscard]] Parsed<std::uint64_t> parse_size(std::string_view text);

/// Reads `1000`, `10k`, `1M` per second, as a positive number; fractions are fine (`0.5`).
[[nodiscard]] Parsed<double> parse_rate(std::string_view text);

/// Shows people three significant digits and a unit: `12.3 µs`, `1.00 s`. JSON uses integers.
[[nodiscard]] std::string format_duration(Duration duration);

/// Shows people `64 B`, `1.50 KiB`, `1.00 GiB`.
[[nodiscard]] std::string format_size(std::uint64_t bytes);

/// Formats as RFC 3339 in UTC with nine decimals: `2026-11-23T06:21:40.123456789Z`.
[[nodiscard]] std::string format_rfc3339(WallTime time);

}  // namespace netecho
