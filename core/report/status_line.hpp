#pragma once

/// \file
/// A running `probe` keeps this one line up to date on a terminal, and removes it at the end.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/base/units.hpp"
#include "core/report/queued_writer.hpp"
#include "core/report/text.hpp"

namespace netecho {

/// Shows the last intervals of a run, one character each: `▁▂▂▃▁×█▂`.
///
/// The scale is logarithmic, because on a linear one a single stall presses everything else down to
/// the same `▁`; and from the least value shown to at least its double, because otherwise a quiet
/// network's noise would look like a storm.
class Sparkline {
 public:
  static constexpr std::size_t kMaxIntervals = 60;

  /// Adds the typical latency of one more interval; none if everything in it was lost.
  void add(std::optional<Duration> value) noexcept;
  /// Returns the newest `columns` intervals, or as many as there are, the newest last.
  [[nodiscard]] std::string text(std::size_t columns) const;
  [[nodiscard]] std::size_t size() const noexcept { return size_; }

 private:
  std::array<std::optional<Duration>, kMaxIntervals> ring_{};
  std::size_t next_ = 0;
  std::size_t size_ = 0;
};

/// Holds what the line shows of one target, for the run so far or the last interval.
struct StatusOfTarget {
  std::string name;  ///< Escaped when shown.
  std::uint64_t sent = 0;
  std::optional<double> loss_ratio;
  std::optional<double> unanswered_ratio;  ///< None where it is the same.
  std::optional<Duration> p50, p99, max;
  const Sparkline* history = nullptr;  ///< Null: no sparkline.
};

/// Returns one line without its newline. One target has all its figures; of several, each has a
/// median and its losses, in order, as many as fit. The line is shorter than `columns`, as
/// terminals disagree where a cursor behind the last column stands.
[[nodiscard]] std::string status_line(std::span<const StatusOfTarget> targets, std::size_t columns,
                                      const TextStyle& style);

/// Returns the width of the terminal behind `fd`; where there is none or it doesn't say, what the
/// variable COLUMNS says, else 80.
[[nodiscard]] std::size_t terminal_columns(int fd) noexcept;

/// Keeps one line at the bottom of a terminal, and removes it at the end.
class StatusPrinter {
 public:
  /// `writer` writes to a terminal, and outlives this.
  explicit StatusPrinter(QueuedWriter& writer) : writer_{writer} {}
  ~StatusPrinter() { clear(); }
  StatusPrinter(const StatusPrinter&) = delete;
  StatusPrinter& operator=(const StatusPrinter&) = delete;

  /// Replaces the line. Not while the terminal takes nothing (Ctrl-S): the newest line is all that
  /// anybody wants to see then.
  void draw(std::string_view line);
  /// Removes the line. Called before anything else is written there.
  void clear();

 private:
  QueuedWriter& writer_;
  std::string shown_;  ///< Empty: nothing is.
};

}  // namespace netecho
