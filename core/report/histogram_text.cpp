#include "core/report/histogram_text.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <vector>

#include "core/report/unicode.hpp"

#include "core/base/rounding.hpp"

namespace netecho {
namespace {

constexpr std::size_t kMaxRows = 20;
constexpr std::size_t kMinBarColumns = 10;

/// These divide a decade into 40 equal ratios, rounded as people like it (ISO 3, R40), in
/// hundredths.
constexpr std::array<std::int64_t, 40> kPreferred{100, 106, 112, 118, 125, 132, 140, 150, 160, 170,
                                                  180, 190, 200, 212, 224, 236, 250, 265, 280, 300,
                                                  315, 335, 355, 375, 400, 425, 450, 475, 500, 530,
                                                  560, 600, 630, 670, 710, 750, 800, 850, 900, 950};
/// Rows take every so many of them; the closest come first.
constexpr std::array<std::size_t, 8> kStrides{1, 2, 4, 5, 8, 10, 20, 40};

/// Rows begin at these bounds, which grow.
using Bounds = std::vector<std::int64_t>;

/// Returns the bounds from the last at or below `low` to the last at or below `high`.
Bounds within(Bounds all, std::int64_t low, std::int64_t high) {
  const auto first = std::upper_bound(all.begin(), all.end(), low) - 1;
  return {first, std::upper_bound(first, all.end(), high)};
}

Bounds logarithmic(std::size_t stride, std::int64_t low, std::int64_t high) {
  Bounds all{0};
  for (std::int64_t decade = 1; decade <= high; decade *= 10) {
    for (std::size_t i = 0; i < kPreferred.size(); i += stride) {
      // Fractions of a nanosecond don't exist: the first decade has fewer bounds.
      const std::int64_t bound = (kPreferred[i] * decade + 99) / 100;
      if (bound > all.back()) all.push_back(bound);
    }
  }
  return within(std::move(all), low, high);
}

Bounds linear(std::int64_t step, std::int64_t low, std::int64_t high) {
  Bounds out;
  for (std::int64_t bound = low - low % step; bound <= high; bound += step) out.push_back(bound);
  return out;
}

/// Steps are 1, 2 and 5 from the third digit of `high` on, as a row's bound is shown with three
/// digits.
std::vector<Bounds> linear_scales(std::int64_t low, std::int64_t high) {
  std::int64_t unit = 1;
  while (high / unit >= 1000) unit *= 10;
  std::vector<Bounds> out;
  for (; unit <= high; unit *= 10) {
    for (const std::int64_t digit : {1, 2, 5}) out.push_back(linear(digit * unit, low, high));
  }
  return out;
}

/// Tries the closest rows first.
std::vector<Bounds> scales(std::int64_t low, std::int64_t high) {
  if (high / 2 <= low && low > 0) return linear_scales(low, high);
  std::vector<Bounds> out;
  out.reserve(kStrides.size());
  for (const std::size_t stride : kStrides) out.push_back(logarithmic(stride, low, high));
  return out;
}

using Counts = std::vector<std::uint64_t>;

/// All of a bucket belongs to one row, by the value that percentiles give it.
Counts count_rows(const Histogram& histogram, const Bounds& bounds) {
  Counts counts(bounds.size());
  std::size_t row = 0;
  histogram.for_each([&](Duration, Duration upper, std::uint64_t count) {
    const Duration value = std::clamp(upper, *histogram.min(), *histogram.max());
    while (row + 1 < bounds.size() && bounds[row + 1] <= value.count()) ++row;
    counts[row] += count;
  });
  return counts;
}

/// Counts the rows from `row` on that nothing fell into.
std::size_t gap_at(const Counts& counts, std::size_t row) {
  const auto first = counts.begin() + static_cast<std::ptrdiff_t>(row);
  return static_cast<std::size_t>(
      std::find_if(first, counts.end(), [](std::uint64_t count) { return count != 0; }) - first);
}

std::size_t shown_rows(const Counts& counts) {
  std::size_t shown = 0;
  for (std::size_t row = 0; row < counts.size(); ++shown) {
    row += std::max<std::size_t>(gap_at(counts, row), 1);
  }
  return shown;
}

/// This is Rice's rule: with few samples, closer rows would show chance instead of a shape.
std::size_t row_limit(std::uint64_t samples) {
  std::size_t rows = 1;
  while (rows < kMaxRows && rows * rows * rows < 8 * samples) ++rows;  // 2 * the cube root.
  return rows;
}

/// Bars grow by eighths of a column, and no sample is invisible.
std::string bar(std::uint64_t count, std::uint64_t most, std::size_t columns) {
  constexpr std::array<const char*, 8> kParts{"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
  if (count == 0) return {};
  const double share = static_cast<double>(count) / static_cast<double>(most);
  const auto eighths = std::max<std::size_t>(
      1, static_cast<std::size_t>(nearest(share * 8 * static_cast<double>(columns))));
  std::string out;
  for (std::size_t i = 0; i < eighths / 8; ++i) out += "█";
  return out + kParts[eighths % 8];
}

/// There are always two decimals, so that figures stand below each other.
std::string share_text(double share) {
  std::array<char, 16> text{};
  std::snprintf(text.data(), text.size(), "%.2f%%", share * 100);
  return text.data();
}

std::string right(const std::string& text, std::size_t columns) {
  const std::size_t used = columns_of(text);
  return std::string(columns > used ? columns - used : 0, ' ') + text;
}

}  // namespace

std::string histogram_text(const Histogram& histogram, std::size_t columns) {
  if (histogram.count() == 0) return {};
  // Longer samples than the longest bucket's are in that bucket.
  const std::int64_t high = std::min(*histogram.max(), Histogram::kHighest).count();
  const std::int64_t low = std::min(histogram.min()->count(), high);
  const std::size_t limit = row_limit(histogram.count());
  Bounds bounds;
  Counts counts;
  for (Bounds& scale : scales(low, high)) {
    counts = count_rows(histogram, scale);
    bounds = std::move(scale);
    if (shown_rows(counts) <= limit) break;
  }

  const std::uint64_t most = *std::max_element(counts.begin(), counts.end());
  const std::size_t count_columns = std::max<std::size_t>(7, std::to_string(most).size());
  constexpr std::size_t kBoundColumns = 8;
  constexpr std::size_t kShareColumns = 7;
  const std::size_t used = kBoundColumns + 2 + count_columns + 2 + kShareColumns + 2;
  const std::size_t bar_columns =
      std::max(kMinBarColumns, columns > used ? columns - used : std::size_t{0});
  std::string out = right("from", kBoundColumns) + "  " + right("samples", count_columns) + "\n";
  for (std::size_t row = 0; row < counts.size();) {
    if (const std::size_t gap = gap_at(counts, row); gap > 1) {
      out += right("⋮", kBoundColumns) + "\n";
      row += gap;
      continue;
    }
    const double share = static_cast<double>(counts[row]) / static_cast<double>(histogram.count());
    std::string line = right(format_duration(Duration{bounds[row]}), kBoundColumns) + "  " +
                       right(std::to_string(counts[row]), count_columns) + "  " +
                       right(share_text(share), kShareColumns);
    if (counts[row] != 0) line += "  " + bar(counts[row], most, bar_columns);
    out += line + "\n";
    ++row;
  }
  return out;
}

}  // namespace netecho
