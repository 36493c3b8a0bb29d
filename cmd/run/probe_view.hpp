#pragma once

/// \file
/// This is what a user sees of `probe` while it runs: replies, interim reports, or one line that is
/// kept up to date on a terminal.

#include <memory>
#include <optional>
#include <vector>

#include "cmd/run/probe_files.hpp"
#include "cmd/run/probe_job.hpp"
#include "core/probe/probe_events.hpp"
#include "core/report/sink.hpp"
#include "core/report/status_line.hpp"

namespace netecho {

/// A reader of stdout may be so far behind: some ten seconds of 3,000 replies each. Then replies
/// are dropped and counted, because a measurement doesn't wait.
inline constexpr std::size_t kMaxQueuedBytes = 16 * 1024 * 1024;

/// The line on a terminal is drawn this often.
inline constexpr Duration kStatusInterval = std::chrono::milliseconds{250};

/// Tells whether each reply has an event.
[[nodiscard]] bool shows_replies(const ProbeJob& job, const Format& format);
/// Tells whether stdout is a terminal on which a line can be kept.
[[nodiscard]] bool shows_status(const ProbeJob& job, const Format& format);

class ProbeView final : public ProbeObserver {
 public:
  /// Shows one run; `sink` writes to stdout.
  ProbeView(const ProbeJob& job, const Format& format, QueueSink& sink, ProbeFiles& files,
            const TextStyle& style);

  void came(std::size_t target, const SocketDescription& description) override;
  void began(Instant start, WallTime wall) override;
  [[nodiscard]] bool wants_outcomes() const noexcept override {
    return events_.wants_outcomes() || files_.wants_samples();
  }
  void outcome(const ProbeOutcome& outcome) override;
  void failed(std::size_t target, const ErrorEvent& error) override;
  void interval(std::span<const ProbeResult> targets) override;
  void status(std::span<const ProbeStatus> targets) override;
  [[nodiscard]] bool gone() const noexcept override { return events_.gone(); }

 private:
  ProbeEvents events_;
  ProbeFiles& files_;
  std::vector<SocketDescription> targets_;
  std::uint64_t size_bytes_;  ///< How many bytes a probe has.
  TextStyle style_;
  std::vector<Sparkline> histories_;
  std::vector<bool> failed_;  ///< Whether a target's failure was told.
  std::optional<StatusPrinter> printer_;
};

}  // namespace netecho
