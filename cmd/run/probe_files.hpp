#pragma once

/// \file
/// The files that a measurement writes beside its output: `--samples`, `--hdr` and `--html`, and
/// what `--plot` draws. They cover all runs of a command.

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "cmd/run/probe_job.hpp"
#include "core/report/hdr_log.hpp"
#include "core/report/samples.hpp"
#include "core/report/series.hpp"

namespace netecho {

class ProbeFiles {
 public:
  /// Makes the files of the job, and tries whether those that appear whole at its end, a page and
  /// its output, can be made. Throws Error.
  explicit ProbeFiles(const ProbeJob& job);

  [[nodiscard]] bool wants_samples() const noexcept {
    return samples_.has_value() || series_.has_value();
  }

  /// A target of the run that is to begin, or of the one at hand; each run counts them from 0.
  void came(std::size_t target, const SocketDescription& description);
  /// A run begins. Times in both files are since the first one's start.
  void begin(Instant start, WallTime wall);
  void sample(const ProbeOutcome& outcome, std::uint64_t size_bytes);
  /// Writes what a part of the run that just ended had, one result a target.
  void interval(std::span<const ProbeResult> targets);
  /// Takes what a whole run had, and writes it if the run had no parts.
  void result(std::span<const ProbeResult> targets);
  [[nodiscard]] bool wants_page() const noexcept { return !html_path_.empty(); }
  /// Writes the page of all results; returns why it could not be. REQUIRES: wants_page().
  [[nodiscard]] std::optional<Error> page(const ResultEvent& result,
                                          const std::vector<Summary>& flows);
  /// What `--plot` draws; null if it is not wanted.
  [[nodiscard]] const SeriesSet* series() const noexcept { return series_ ? &*series_ : nullptr; }
  /// Waits until all is written; returns what could not be.
  [[nodiscard]] std::vector<Error> finish();

 private:
  void log(std::span<const ProbeResult> targets);
  [[nodiscard]] WallTime wall_time(std::optional<Instant> at);

  std::optional<SampleFile> samples_;
  std::optional<HdrLog> hdr_;
  std::string html_path_;
  std::optional<SeriesSet> series_;
  std::vector<std::shared_ptr<Series>> drawn_;  ///< Of the run's targets; null: too many.
  Instant run_start_{};
  bool in_parts_;
  bool tagged_;  ///< Whether each line of hdr_ names its target.
  std::optional<Instant> start_;
  WallTime zero_{};                 ///< What the wall clock says of the start, as it goes now.
  Duration logged_{};               ///< Up to here, since start_, distributions are in the log.
  std::vector<std::size_t> names_;  ///< The names in samples_ of the run's targets.
};

}  // namespace netecho
