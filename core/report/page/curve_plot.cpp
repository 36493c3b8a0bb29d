#include <algorithm>
#include <array>
#include <cstdio>

#include "core/report/page/parts.hpp"
#include "core/report/page/plots.hpp"

namespace netecho {
namespace {

constexpr double kCurveBottom = 204;
constexpr std::size_t kCurvePoints = 300;

/// Where a share lies: equally far from 90 % to 99 % as from 99 % to 99.9 %.
double rarity(double share) {
  return 1 / (1 - share);
}

/// The longest sample is one of all there are.
double last_rarity(const Histogram& latency) {
  return std::max(static_cast<double>(latency.count()), 2.0);
}

struct NamedShare {
  const char* name;
  double share;
};
constexpr std::array<NamedShare, 9> kShares{{{"0%", 0},
                                             {"50%", 0.5},
                                             {"75%", 0.75},
                                             {"90%", 0.9},
                                             {"99%", 0.99},
                                             {"99.9%", 0.999},
                                             {"99.99%", 0.9999},
                                             {"99.999%", 0.99999},
                                             {"99.9999%", 0.999999}}};

std::vector<Tick> rarity_ticks(const Axis& axis) {
  std::vector<Tick> out;
  for (const NamedShare& each : kShares) {
    const double value = rarity(each.share);
    const bool crowded = each.share == 0.75 && axis.high() > 1e6;
    if (value <= axis.high() && !crowded) out.push_back({value, each.name});
  }
  return out;
}

void draw_curve(const PageWriter& to, const Histogram& latency, const Axis& shares,
                const Axis& values, const char* kind) {
  std::string path;
  for (const CurvePoint& point : curve_points(latency, kCurvePoints)) {
    const double x = point.share < 1 ? rarity(point.share) : last_rarity(latency);
    add_point(path, shares.at(x), values.at(static_cast<double>(point.value.count())));
  }
  to.out.leaf("path", {{"class", kind}, {"d", path}});
}

/// The longest that a share of the samples takes, where there are enough of them.
std::optional<Duration> value_at(const std::vector<CurvePoint>& points, double share) {
  const auto found = std::ranges::find_if(
      points, [=](const CurvePoint& point) { return point.share >= share - 1e-12; });
  return found == points.end() ? std::nullopt : std::optional{found->value};
}

void write_curve_table(const PageWriter& to, const Histogram& latency, const Histogram* other) {
  PageTable::Cells headings{to.word(Word::percentile), to.word(Word::value)};
  if (other != nullptr)
    headings = {to.word(Word::percentile), to.word(Word::first_run), to.word(Word::second_run)};
  FoldedTable table{to, to.word(Word::curve), headings};
  const auto all = curve_points(latency, latency.count());
  const auto others =
      other != nullptr ? curve_points(*other, other->count()) : std::vector<CurvePoint>{};
  for (const NamedShare& each : kShares) {
    const bool enough = rarity(each.share) <= last_rarity(latency);
    if (!enough) break;
    PageTable::Cells cells{each.name, time_text(value_at(all, each.share))};
    if (other != nullptr) {
      const bool has = rarity(each.share) <= last_rarity(*other);
      cells.push_back(time_text(has ? value_at(others, each.share) : std::nullopt));
    }
    table.row(cells);
  }
  PageTable::Cells last{"100%", time_text(latency.max())};
  if (other != nullptr) last.push_back(time_text(other->max()));
  table.row(last);
}

}  // namespace

std::vector<CurvePoint> curve_points(const Histogram& latency, std::size_t most) {
  std::vector<CurvePoint> out;
  if (latency.count() == 0) return out;
  const auto total = static_cast<double>(latency.count());
  const double step =
      log2_of(last_rarity(latency)) / static_cast<double>(std::max<std::size_t>(most, 2));
  out.push_back({0, *latency.min()});
  std::uint64_t seen = 0;
  double last = 0;
  latency.for_each([&](Duration, Duration upper, std::uint64_t count) {
    seen += count;
    const Duration value = std::clamp(upper, *latency.min(), *latency.max());
    if (seen >= latency.count()) return;
    const double share = static_cast<double>(seen) / total;
    const double place = log2_of(rarity(share));
    if (place - last < step) return;
    last = place;
    out.push_back({share, value});
  });
  out.push_back({1, *latency.max()});
  return out;
}

void write_curve(const PageWriter& to, const Histogram& latency, const Histogram* other) {
  to.out.element("h3", to.word(Word::curve));
  to.out.element("p", to.word(Word::curve_intro), {{"class", "muted"}});
  Duration least = *latency.min();
  Duration most = *latency.max();
  double rarest = last_rarity(latency);
  if (other != nullptr) {
    least = std::min(least, *other->min());
    most = std::max(most, *other->max());
    rarest = std::max(rarest, last_rarity(*other));
  }
  const Axis shares{AxisKind::logarithmic, 1, rarest, kPlotLeft, kPlotRight};
  const Axis values = latency_axis(least, most, kCurveBottom, kPlotTop);
  const auto text = [](std::optional<Duration> value, Duration instead) {
    return format_duration(value.value_or(instead));
  };
  const std::string alternative =
      to.words(Word::curve_alt,
               {text(latency.percentile(kP50), *latency.max()),
                text(latency.percentile(kP90), *latency.max()),
                text(latency.percentile(kP99), *latency.max()), format_duration(*latency.max())});
  {
    Picture picture{to.out, kCurveBottom + kBelowPlot, to.word(Word::curve), alternative};
    picture.left_axis(values, latency_ticks(values), to.word(Word::round_trip_time));
    picture.bottom_axis(shares, rarity_ticks(shares), kCurveBottom, to.word(Word::percentile));
    if (other != nullptr) {
      draw_curve(to, *other, shares, values, "other");
      write_key(to);
    }
    draw_curve(to, latency, shares, values, "middle");
  }
  write_curve_table(to, latency, other);
}

}  // namespace netecho
