#pragma once

/// \file
/// The files that a measurement writes beside its output: `--samples` and `--hdr`. They cover all
/// runs of a command.

#include <optional>
#include <span>
#include <vector>

#include "cmd/run/probe_job.hpp"
#include "core/report/hdr_log.hpp"
#include "core/report/samples.hpp"

namespace netecho {

class ProbeFiles {
 public:
  /// Makes the files of the job, and tries whether that of its output can be made. Throws Error.
  explicit ProbeFiles(const ProbeJob& job);

  [[nodiscard]] bool wants_samples() const noexcept { return samples_.has_value(); }

  /// A target of the run that is to begin, or of the one at hand; each run counts them from 0.
  void came(std::size_t target, const SocketDescription& description);
  /// A run begins. Times in both files are since the first one's start.
  void begin(Instant start, WallTime wall);
  void sample(const ProbeOutcome& outcome, std::uint64_t size_bytes);
  /// Writes what a part of the run that just ended had, one result a target.
  void interval(std::span<const ProbeResult> targets);
  /// Writes what a whole run had, if it had no parts.
  void result(std::span<const ProbeResult> targets);
  /// Waits until all is written; returns what could not be.
  [[nodiscard]] std::vector<Error> finish();

 private:
  void log(std::span<const ProbeResult> targets);
  [[nodiscard]] WallTime wall_time(std::optional<Instant> at);

  std::optional<SampleFile> samples_;
  std::optional<HdrLog> hdr_;
  bool in_parts_;
  bool tagged_;  ///< Whether each line of hdr_ names its target.
  std::optional<Instant> start_;
  WallTime zero_{};                 ///< What the wall clock says of the start, as it goes now.
  Duration logged_{};               ///< Up to here, since start_, distributions are in the log.
  std::vector<std::size_t> names_;  ///< The names in samples_ of the run's targets.
};

}  // namespace netecho
