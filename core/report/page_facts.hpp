#pragma once

/// \file
/// What a report page is made of: facts of one run or two, read from JSON of any version. The
/// page knows nothing of JSON, and nothing else of the runs.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/units.hpp"
#include "core/facts/losses.hpp"
#include "core/facts/summary.hpp"
#include "core/report/series.hpp"

namespace netecho {

/// What a reader of a page has to know of what it was made from.
enum class PageNote : std::uint8_t {
  cut,            ///< The output ends or breaks off inside of an event.
  foreign,        ///< Objects that are nothing of netecho/1.
  unknown,        ///< Events of types that come with a later version.
  too_large,      ///< Objects beyond what a page reads.
  more_targets,   ///< Targets beyond those of the table.
  more_drawn,     ///< Targets beyond those that have plots.
  data_left_out,  ///< Summaries that the data in the page doesn't have.
  no_summary,     ///< Targets whose figures are computed from single probes.
  bad_samples,    ///< Lines of --samples that aren't records.
  other_samples,  ///< Targets of --samples, none of which is in the output.
};

struct PageNoteCount {
  PageNote note = PageNote::cut;
  std::uint64_t count = 0;
};

/// A limit on this many targets and entries of their lists keeps a page readable.
inline constexpr std::size_t kMaxPageTargets = 1000;
inline constexpr std::size_t kMaxPageEntries = 100;

/// One target of a run, or one flow of it.
struct PageTarget {
  std::string uri;
  std::string peer;   ///< Empty: there was none.
  std::string local;  ///< So are these where they aren't known.
  std::string mode;
  std::string wait;
  std::string schedule;
  std::string timestamp_source;
  std::string error;  ///< What ended or prevented it.
  std::optional<std::uint32_t> flow;
  std::optional<bool> stamped;
  std::optional<bool> authenticated;
  bool interrupted = false;
  std::optional<WallTime> started;
  std::vector<std::optional<double>> figures;  ///< One for each of summary_figures().
  std::vector<ThresholdResult> thresholds;
  std::vector<Outage> outages;
  std::vector<SendError> send_errors;
  std::vector<StationFigures> stations;
  std::shared_ptr<Series> series;  ///< Null: nothing is known of single probes.

  /// The value of the figure at this path of JSON, such as `rtt_ns.p99`; none if it was not
  /// measured, or isn't a figure that this version knows.
  [[nodiscard]] std::optional<double> figure(std::string_view path) const;
  [[nodiscard]] std::optional<Duration> time(std::string_view path) const;
  [[nodiscard]] std::uint64_t count(std::string_view path) const;
  void set(std::string_view path, double value);
  /// The distribution that the run is about: of round trips, or of connecting.
  [[nodiscard]] std::optional<Duration> latency(std::string_view leaf) const;
};

/// One run: what one command put out.
struct PageRun {
  std::string name;     ///< The file that it was read from; empty if it just ended.
  std::string command;  ///< `probe`, `send`.
  std::string version;  ///< Of the netecho that measured; empty: not known.
  std::vector<PageTarget> targets;
  std::vector<PageTarget> flows;  ///< Of all targets.
  std::vector<std::string> errors;
  std::vector<PageNoteCount> notes;
  std::string json;  ///< A `result` by the schema.

  void note(PageNote note, std::uint64_t count = 1);
};

}  // namespace netecho
