#pragma once

/// \file
/// Reports show a distribution by these figures. Each type has its fields behind it.

#include <optional>
#include <string_view>

#include "core/base/units.hpp"
#include "core/facts/fields.hpp"

namespace netecho {

/// Fractional figures (mean, stddev) are rounded to whole nanoseconds, as JSON shows them.
struct LatencyFigures {
  std::optional<Duration> min, mean, stddev, p25, p50, p75, p90, p95, p99, p999, p9999, max;
};

template <>
struct Fields<LatencyFigures> {
  static constexpr std::string_view kName = "latency";
  static void visit(auto&& v, auto&... f) {
    v("min", f.min...);
    v("mean", f.mean...);
    v("stddev", f.stddev...);
    v("p25", f.p25...);
    v("p50", f.p50...);
    v("p75", f.p75...);
    v("p90", f.p90...);
    v("p95", f.p95...);
    v("p99", f.p99...);
    v("p999", f.p999...);
    v("p9999", f.p9999...);
    v("max", f.max...);
  }
};

[[nodiscard]] inline bool is_measured(const LatencyFigures& f) noexcept {
  return f.min.has_value();
}

struct VariationFigures {
  std::optional<Duration> mean, p50, p95, p99, max;
};

template <>
struct Fields<VariationFigures> {
  static void visit(auto&& v, auto&... f) {
    v("mean", f.mean...);
    v("p50", f.p50...);
    v("p95", f.p95...);
    v("p99", f.p99...);
    v("max", f.max...);
  }
};

[[nodiscard]] inline bool is_measured(const VariationFigures& f) noexcept {
  return f.max.has_value();
}

struct ResidenceFigures {
  std::optional<Duration> min, mean, p50, p99, max;
};

template <>
struct Fields<ResidenceFigures> {
  static void visit(auto&& v, auto&... f) {
    v("min", f.min...);
    v("mean", f.mean...);
    v("p50", f.p50...);
    v("p99", f.p99...);
    v("max", f.max...);
  }
};

[[nodiscard]] inline bool is_measured(const ResidenceFigures& f) noexcept {
  return f.min.has_value();
}

struct OneWayFigures {
  LatencyFigures forward, reverse;
};

template <>
struct Fields<OneWayFigures> {
  static void visit(auto&& v, auto&... f) {
    v("forward", f.forward...);
    v("reverse", f.reverse...);
  }
};

[[nodiscard]] inline bool is_measured(const OneWayFigures& f) noexcept {
  return is_measured(f.forward) || is_measured(f.reverse);
}

struct LatenessFigures {
  std::optional<Duration> mean, p50, p99, max;
};

template <>
struct Fields<LatenessFigures> {
  static void visit(auto&& v, auto&... f) {
    v("mean", f.mean...);
    v("p50", f.p50...);
    v("p99", f.p99...);
    v("max", f.max...);
  }
};

/// A distribution that was not measured is null as a whole.
template <typename Figures>
[[nodiscard]] std::optional<Figures> if_measured(const Figures& figures) {
  return is_measured(figures) ? std::optional{figures} : std::nullopt;
}

}  // namespace netecho
