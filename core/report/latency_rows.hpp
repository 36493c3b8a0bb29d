#pragma once

/// \file
/// Many small distributions of one kind, such as one for each stretch of a run: each is a row of
/// counters, so that recording allocates nothing and rows can be added to each other.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "core/base/units.hpp"
#include "core/base/zero_pages.hpp"

namespace netecho {

/// An octave has 32 counters, so a quantile is within 1.6 % of the sample that it stands for: on a
/// plot less than the width of its line. What lasts less than 512 ns has one counter.
class LatencyRows {
 public:
  static constexpr std::size_t kColumns = 1089;
  using Row = std::span<const std::uint32_t>;

  /// Memory comes from the kernel when a row is first touched. Throws std::bad_alloc.
  explicit LatencyRows(std::size_t rows) : counters_{rows * kColumns} {}

  void record(std::size_t row, Duration value) noexcept;
  /// Adds row `from` to row `to`.
  void add(std::size_t to, std::size_t from) noexcept;
  void clear(std::size_t row) noexcept;
  [[nodiscard]] Row row(std::size_t index) const noexcept {
    return {counters_.data() + index * kColumns, kColumns};
  }
  /// Only these columns have samples in some row: the first, and the one behind the last.
  [[nodiscard]] std::size_t first_column() const noexcept { return low_; }
  [[nodiscard]] std::size_t end_column() const noexcept { return high_; }

  /// The column that counts `value`, and a value in the middle of a column.
  [[nodiscard]] static std::size_t column_of(Duration value) noexcept;
  [[nodiscard]] static Duration middle_of(std::size_t column) noexcept;

 private:
  ZeroPages<std::uint32_t> counters_;
  std::size_t low_ = kColumns;
  std::size_t high_ = 0;
};

/// The smallest value that at least `per_thousand` of the samples do not exceed; none without
/// samples.
[[nodiscard]] std::optional<Duration> quantile(LatencyRows::Row row,
                                               std::uint32_t per_thousand) noexcept;

}  // namespace netecho
