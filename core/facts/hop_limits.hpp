#pragma once

/// \file
/// With what hop limit (IPv4 calls it TTL) replies arrived. Another one than before says that they
/// took another way, or that another host answered.

#include <cstdint>
#include <optional>
#include <string_view>

#include "core/facts/fields.hpp"

namespace netecho {

struct HopLimits {
  std::uint64_t min = 0;  ///< 0: none is known.
  std::uint64_t max = 0;
  std::uint64_t changes_total = 0;  ///< How often a flow's reply had another one than the last.
  bool operator==(const HopLimits&) const = default;

  /// Adds what others were.
  void add(const HopLimits& other) noexcept;
};

template <>
struct Fields<HopLimits> {
  static void visit(auto&& v, auto&... h) {
    v("min", h.min...);
    v("max", h.max...);
    v("changes_total", h.changes_total...);
  }
};

/// What replies tell of the way that they took.
struct PathFigures {
  std::optional<HopLimits> reply_hop_limit;
};

template <>
struct Fields<PathFigures> {
  static void visit(auto&& v, auto&... p) { v("reply_hop_limit", p.reply_hop_limit...); }
};

/// None if no hop limit is known.
[[nodiscard]] std::optional<PathFigures> path_figures(const HopLimits& limits) noexcept;

}  // namespace netecho
