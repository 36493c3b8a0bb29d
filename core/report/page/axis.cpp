#include "core/report/page/axis.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdio>

namespace netecho {
namespace {

struct Unit {
  double size;  ///< In nanoseconds, if it is one of time.
  const char* name;
  double from;  ///< An axis that ends here or later has it.
};

constexpr std::array<Unit, 4> kLatencyUnits{
    {{1e9, " s", 1e9}, {1e6, " ms", 1e6}, {1e3, " µs", 1e3}, {1, " ns", 0}}};
constexpr std::array<Unit, 7> kTimeUnits{{{86400e9, " d", 6 * 86400e9},
                                          {3600e9, " h", 6 * 3600e9},
                                          {60e9, " min", 300e9},
                                          {1e9, " s", 1e9},
                                          {1e6, " ms", 1e6},
                                          {1e3, " µs", 1e3},
                                          {1, " ns", 0}}};
constexpr std::array<Unit, 3> kCountUnits{{{1e6, " M", 1e7}, {1e3, " k", 1e6}, {1, "", 0}}};
constexpr std::array<Unit, 1> kShareUnits{{{0.01, "%", 0}}};
/// Nothing is shorter than a nanosecond, and nothing is counted in parts.
constexpr double kWholes = 1;
constexpr double kAnyPart = 0;
/// An axis has so many lines at the most.
constexpr double kMostTicks = 8;

std::string label_of(double value, const Unit& unit) {
  std::array<char, 48> text{};
  std::snprintf(text.data(), text.size(), "%.6g%s", value / unit.size, unit.name);
  return text.data();
}

template <std::size_t kSize>
const Unit& unit_for(const std::array<Unit, kSize>& units, double high) {
  return *std::ranges::find_if(units, [=](const Unit& unit) { return high >= unit.from; });
}

/// The smallest of 1, 2 and 5 times a power of ten that parts `range` into few enough steps.
double step_for(double range) {
  double power = 1;
  while (range / power > 10 * kMostTicks) power *= 10;
  while (range / power <= kMostTicks) power /= 10;
  for (const double digit : {2.0, 5.0}) {
    if (range / (digit * power) <= kMostTicks) return digit * power;
  }
  return 10 * power;
}

template <std::size_t kSize>
std::vector<Tick> linear_ticks(const Axis& axis, const std::array<Unit, kSize>& units,
                               double least_step) {
  const Unit& unit = unit_for(units, axis.high());
  const double range = (axis.high() - axis.low()) / unit.size;
  const double step = std::max(step_for(range), least_step / unit.size);
  std::vector<Tick> out;
  const auto first = static_cast<std::int64_t>(axis.low() / unit.size / step);
  for (std::int64_t i = first;; ++i) {
    const double value = static_cast<double>(i) * step * unit.size;
    if (value > axis.high() * (1 + 1e-9)) return out;
    if (value >= axis.low() * (1 - 1e-9)) out.push_back({value, label_of(value, unit)});
  }
}

std::vector<Tick> logarithmic_ticks(const Axis& axis) {
  double decade = 1;  // Powers of ten are exact up to 10^22.
  while (decade * 10 <= axis.low()) decade *= 10;
  const bool few = axis.high() / axis.low() < 1e3;
  std::vector<Tick> out;
  while (decade <= axis.high()) {
    for (const double digit : {1.0, 2.0, 5.0}) {
      const double value = digit * decade;
      const bool shown = few || digit == 1.0;
      if (!shown || value < axis.low() || value > axis.high()) continue;
      // Over decades one unit would have labels of many zeros.
      out.push_back({value, label_of(value, unit_for(kLatencyUnits, value))});
    }
    decade *= 10;
  }
  return out;
}

}  // namespace

double log2_of(double value) noexcept {
  const auto bits = std::bit_cast<std::uint64_t>(value);
  const auto exponent = static_cast<std::int64_t>(bits >> 52U) - 1023;
  const std::uint64_t fraction =
      (bits & ((std::uint64_t{1} << 52U) - 1)) | (std::uint64_t{1023} << 52U);
  // ln m = 2 artanh((m - 1) / (m + 1)), whose series converges fast: the argument is below 1/3.
  const auto mantissa = std::bit_cast<double>(fraction);
  const double x = (mantissa - 1) / (mantissa + 1);
  double sum = 0;
  double power = x;
  for (int i = 1; i < 20; i += 2) {
    sum += power / i;
    power *= x * x;
  }
  constexpr double kLn2 = 0.693147180559945309;
  return static_cast<double>(exponent) + 2 * sum / kLn2;
}

Axis::Axis(AxisKind kind, double low, double high, double from, double to) noexcept
    : kind_{kind}, low_{low}, high_{high}, from_{from}, to_{to} {}

double Axis::at(double value) const noexcept {
  value = std::clamp(value, low_, high_);
  const double share = kind_ == AxisKind::linear ? (value - low_) / (high_ - low_)
                                                 : log2_of(value / low_) / log2_of(high_ / low_);
  return from_ + share * (to_ - from_);
}

Axis latency_axis(Duration least, Duration most, double from, double to, AxisStart start) {
  const auto low = static_cast<double>(std::max<std::int64_t>(least.count(), 1));
  const auto high = std::max(static_cast<double>(most.count()), low);
  if (high >= 20 * low) return {AxisKind::logarithmic, low / 1.1, high * 1.1, from, to};
  const double room = std::max((high - low) * 0.08, high * 0.02);
  const bool near_zero = start == AxisStart::perhaps_zero && low < high / 2;
  return {AxisKind::linear, near_zero ? 0 : std::max(low - room, 0.0), high + room, from, to};
}

std::vector<Tick> latency_ticks(const Axis& axis) {
  return axis.kind() == AxisKind::linear ? linear_ticks(axis, kLatencyUnits, kWholes)
                                         : logarithmic_ticks(axis);
}

std::vector<Tick> time_ticks(const Axis& axis) {
  return linear_ticks(axis, kTimeUnits, kWholes);
}

std::vector<Tick> count_ticks(const Axis& axis) {
  return linear_ticks(axis, kCountUnits, kWholes);
}

std::vector<Tick> share_ticks(const Axis& axis) {
  return linear_ticks(axis, kShareUnits, kAnyPart);
}

}  // namespace netecho
