#include "core/report/latency_rows.hpp"

#include <algorithm>
#include <bit>
#include <limits>

namespace netecho {
namespace {

constexpr unsigned kLowestBits = 9;    // Below 512 ns nothing is told apart.
constexpr unsigned kColumnBits = 5;    // 32 columns an octave.
constexpr unsigned kHighestBits = 43;  // Two hours and more are in the last column.
constexpr std::size_t kPerOctave = std::size_t{1} << kColumnBits;
static_assert((kHighestBits - kLowestBits) * kPerOctave + 1 == LatencyRows::kColumns);

/// A counter that is full stays so: a picture is not changed by what is beyond it.
void grow(std::uint32_t& counter, std::uint32_t by) noexcept {
  const std::uint32_t room = std::numeric_limits<std::uint32_t>::max() - counter;
  counter += std::min(by, room);
}

}  // namespace

std::size_t LatencyRows::column_of(Duration value) noexcept {
  const auto ns = static_cast<std::uint64_t>(std::max<std::int64_t>(value.count(), 0));
  const auto bits = static_cast<unsigned>(std::bit_width(ns));
  if (bits <= kLowestBits) return 0;
  if (bits > kHighestBits) return kColumns - 1;
  const std::uint64_t mantissa = ns >> (bits - 1 - kColumnBits);  // From 32 to 63.
  return 1 + (bits - 1 - kLowestBits) * kPerOctave + (mantissa - kPerOctave);
}

Duration LatencyRows::middle_of(std::size_t column) noexcept {
  if (column == 0) return Duration{(std::int64_t{1} << kLowestBits) / 2};
  const std::size_t octave = (column - 1) / kPerOctave;
  const auto shift = static_cast<unsigned>(octave) + kLowestBits - kColumnBits;
  const std::uint64_t low = (kPerOctave + (column - 1) % kPerOctave) << shift;
  return Duration{static_cast<std::int64_t>(low + ((std::uint64_t{1} << shift) >> 1U))};
}

void LatencyRows::record(std::size_t row, Duration value) noexcept {
  const std::size_t column = column_of(value);
  low_ = std::min(low_, column);
  high_ = std::max(high_, column + 1);
  grow(counters_[row * kColumns + column], 1);
}

void LatencyRows::add(std::size_t to, std::size_t from) noexcept {
  for (std::size_t i = low_; i < high_; ++i) {
    grow(counters_[to * kColumns + i], counters_[from * kColumns + i]);
  }
}

void LatencyRows::clear(std::size_t row) noexcept {
  for (std::size_t i = low_; i < high_; ++i) counters_[row * kColumns + i] = 0;
}

std::optional<Duration> quantile(LatencyRows::Row row, std::uint32_t per_thousand) noexcept {
  std::uint64_t total = 0;
  for (const std::uint32_t count : row) total += count;
  if (total == 0) return std::nullopt;
  const std::uint64_t rank = std::max<std::uint64_t>((total * per_thousand + 999) / 1000, 1);
  std::uint64_t seen = 0;
  std::size_t column = 0;
  for (; column + 1 < row.size(); ++column) {
    seen += row[column];
    if (seen >= rank) break;
  }
  return LatencyRows::middle_of(column);
}

}  // namespace netecho
