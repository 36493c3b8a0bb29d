#pragma once

/// \file
/// What several sections are made of: tables, plots, and texts of foreign origin.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/units.hpp"
#include "core/report/page/axis.hpp"
#include "core/report/page/markup.hpp"
#include "core/report/page/sections.hpp"

namespace netecho {

/// A name that somebody else chose: nothing in it acts on its reader, and what is too long is cut.
[[nodiscard]] std::string shown_name(std::string_view text);

/// The name of a target, with the size of its probes where another one of the run has the same, and
/// with the number of a flow.
[[nodiscard]] std::string target_name(const PageRun& run, const PageTarget& target);

/// The target of another run that `run.targets[index]` is to be compared with: the same one, or the
/// only one of each; null if there is none.
[[nodiscard]] const PageTarget* counterpart(const PageRun& run, std::size_t index,
                                            const PageRun& other);

/// `12.3 µs`, or a dash where it was not measured.
[[nodiscard]] std::string time_text(const std::optional<Duration>& time);

/// `2026-11-23 12:29:21 UTC`.
[[nodiscard]] std::string date_text(WallTime time);

/// A caption that only repeats the heading above its table is for who hears the page.
enum class Caption : std::uint8_t { shown, spoken };

/// A table whose first column names its rows; figures stand to the right.
class PageTable {
 public:
  using Cells = std::vector<std::string>;

  PageTable(Markup& out, std::string_view caption, const Cells& headings,
            Caption kind = Caption::spoken);
  ~PageTable();
  PageTable(const PageTable&) = delete;
  PageTable& operator=(const PageTable&) = delete;

  void row(const Cells& cells);
  /// A row that tells of a failure.
  void failed_row(const Cells& cells);

 private:
  void write(const Cells& cells, const char* kind);

  Markup& out_;
};

/// The same inside of an element that opens on demand.
class FoldedTable {
 public:
  FoldedTable(const PageWriter& to, std::string_view caption, const PageTable::Cells& headings);
  ~FoldedTable();
  FoldedTable(const FoldedTable&) = delete;
  FoldedTable& operator=(const FoldedTable&) = delete;

  void row(const PageTable::Cells& cells) { table_->row(cells); }

 private:
  Markup& out_;
  std::optional<PageTable> table_;
};

/// Where plots lie in their picture, which is as wide as a page. Above them is what the left axis
/// is called, and below them the labels and the name of the other one.
inline constexpr double kPlotWidth = 720;
inline constexpr double kPlotLeft = 72;
inline constexpr double kPlotRight = 692;
inline constexpr double kPlotTop = 28;
inline constexpr double kBelowPlot = 40;

/// A picture with a name and a description for who does not see it. On a narrow screen it keeps a
/// size at which its labels are read, and scrolls.
class Picture {
 public:
  Picture(Markup& out, double height, std::string_view name, std::string_view description);
  ~Picture();
  Picture(const Picture&) = delete;
  Picture& operator=(const Picture&) = delete;

  /// Lines of the grid with their labels, and the axis itself.
  void left_axis(const Axis& axis, const std::vector<Tick>& ticks, std::string_view name);
  void bottom_axis(const Axis& axis, const std::vector<Tick>& ticks, double bottom,
                   std::string_view name);

 private:
  Markup& out_;
};

/// Says in a picture of two runs which is which.
void write_key(const PageWriter& to);

/// Points of a path: `M1 2L3 4`.
void add_point(std::string& path, double x, double y);

}  // namespace netecho
