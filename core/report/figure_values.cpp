#include "core/report/figure_values.hpp"

#include <array>
#include <cstdio>
#include <limits>

#include "core/base/decimal.hpp"
#include "core/base/rounding.hpp"
#include "core/base/units.hpp"
#include "core/report/text_figures.hpp"

namespace netecho {
namespace {

constexpr std::string_view kDigits = "0123456789.";

/// Takes digits and a dot times ten to the power of `exponent`, and returns the nearest double, so
/// that 0.7% is the same number as 7 / 1000.
std::optional<double> decimal(std::string_view text, std::string_view exponent) {
  if (text.empty() || text.find_first_not_of(kDigits) != text.npos) return std::nullopt;
  const auto value = parse_decimal(std::string(text) + "e" + std::string(exponent));
  const bool vanished = value == 0.0 && text.find_first_of("123456789") != text.npos;
  return value && !vanished && *value <= std::numeric_limits<double>::max() ? value : std::nullopt;
}

std::optional<double> parse_percentage(std::string_view text) {
  if (!text.ends_with('%')) return std::nullopt;
  const auto ratio = decimal(text.substr(0, text.size() - 1), "-2");
  return ratio && *ratio <= 1 ? ratio : std::nullopt;
}

std::optional<double> parse_count(std::string_view text) {
  constexpr std::array<std::pair<char, const char*>, 3> kSuffixes{
      {{'k', "3"}, {'M', "6"}, {'G', "9"}}};
  const char* exponent = "0";
  for (const auto& [letter, power] : kSuffixes) {
    if (!text.ends_with(letter)) continue;
    exponent = power;
    text.remove_suffix(1);
    break;
  }
  const auto value = decimal(text, exponent);
  return value && *value < 0x1p53 && *value == static_cast<double>(nearest(*value)) ? value
                                                                                    : std::nullopt;
}

template <typename Value>
std::optional<double> number_of(const Parsed<Value>& parsed) {
  return parsed.value ? std::optional{static_cast<double>(*parsed.value)} : std::nullopt;
}

}  // namespace

std::optional<double> parse_limit(FigureUnit unit, std::string_view text) {
  const auto bare = decimal(text, "0");
  if (bare == 0.0) return bare;  // Zero is the same in every unit.
  switch (unit) {
    case FigureUnit::duration: {
      if (bare) return std::nullopt;
      const auto duration = parse_duration(text).value;
      return duration ? std::optional{static_cast<double>(duration->count())} : std::nullopt;
    }
    case FigureUnit::ratio:
      return parse_percentage(text);
    case FigureUnit::per_second:
      return number_of(parse_rate(text));
    case FigureUnit::bytes:
      return number_of(parse_size(text));
    case FigureUnit::count:
      return parse_count(text);
  }
  return std::nullopt;
}

const char* expected_limit(FigureUnit unit) {
  switch (unit) {
    case FigureUnit::duration:
      return "a duration with its unit, such as 500us";
    case FigureUnit::ratio:
      return "a percentage up to 100%, such as 1%";
    case FigureUnit::per_second:
      return "a rate up to 1G per second, such as 950 or 10k";
    case FigureUnit::bytes:
      return "a size, such as 1400 or 64KiB";
    case FigureUnit::count:
      return "a whole number, such as 3 or 10k";
  }
  return "a number";
}

std::string figure_value_text(FigureUnit unit, double value) {
  std::array<char, 64> text{};
  switch (unit) {
    case FigureUnit::duration:
      return format_duration(Duration{static_cast<std::int64_t>(value)});
    case FigureUnit::ratio:
      return percent_text(value);
    case FigureUnit::per_second:
      std::snprintf(text.data(), text.size(), "%.4g/s", value);
      return text.data();
    case FigureUnit::bytes:
      return format_size(static_cast<std::uint64_t>(value));
    case FigureUnit::count:
      break;
  }
  std::snprintf(text.data(), text.size(), "%.17g", value);
  return text.data();
}

std::string exact_figure_text(FigureUnit unit, double value) {
  std::array<char, 64> text{};
  const char* format = unit == FigureUnit::duration     ? "%.17g ns"
                       : unit == FigureUnit::ratio      ? "%.9g%%"
                       : unit == FigureUnit::per_second ? "%.12g/s"
                       : unit == FigureUnit::bytes      ? "%.17g B"
                                                        : "%.17g";
  std::snprintf(text.data(), text.size(), format, unit == FigureUnit::ratio ? value * 100 : value);
  return text.data();
}

}  // namespace netecho
