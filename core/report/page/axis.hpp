#pragma once

/// \file
/// Scales of plots: where a value lies, and at which round values its grid has lines.

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/units.hpp"

namespace netecho {

/// The logarithm to base 2, to nine digits, without libm (rounding.hpp). REQUIRES: value > 0.
[[nodiscard]] double log2_of(double value) noexcept;

struct Tick {
  double value = 0;
  std::string label;
};

enum class AxisKind : std::uint8_t { linear, logarithmic };

/// Values from `low` to `high` lie between two coordinates.
class Axis {
 public:
  /// REQUIRES: low < high; both positive on a logarithmic axis.
  Axis(AxisKind kind, double low, double high, double from, double to) noexcept;

  /// Values outside lie at the nearer end.
  [[nodiscard]] double at(double value) const noexcept;
  [[nodiscard]] AxisKind kind() const noexcept { return kind_; }
  [[nodiscard]] double low() const noexcept { return low_; }
  [[nodiscard]] double high() const noexcept { return high_; }
  [[nodiscard]] double from() const noexcept { return from_; }
  [[nodiscard]] double to() const noexcept { return to_; }

 private:
  AxisKind kind_;
  double low_;
  double high_;
  double from_;
  double to_;
};

enum class AxisStart : std::uint8_t { perhaps_zero, at_least };

/// An axis of durations that holds both. It is logarithmic where the longest is 20 times the
/// shortest or more; otherwise linear, from zero on unless that would leave most of it empty or is
/// not wanted.
[[nodiscard]] Axis latency_axis(Duration least, Duration most, double from, double to,
                                AxisStart start = AxisStart::perhaps_zero);

/// Round values on an axis of durations: steps of 1, 2 and 5, of which there are 3 to 8; powers of
/// ten where it is logarithmic (with 2 and 5 where these are few). All have one unit.
[[nodiscard]] std::vector<Tick> latency_ticks(const Axis& axis);

/// The same for the time since the start of a run, with minutes, hours and days.
[[nodiscard]] std::vector<Tick> time_ticks(const Axis& axis);

/// The same for numbers of something, and for shares of it (0 to 1), in percent.
[[nodiscard]] std::vector<Tick> count_ticks(const Axis& axis);
[[nodiscard]] std::vector<Tick> share_ticks(const Axis& axis);

}  // namespace netecho
