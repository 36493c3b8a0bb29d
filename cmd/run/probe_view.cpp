#include "cmd/run/probe_view.hpp"

#include <unistd.h>

#include <algorithm>

#include "core/base/clock.hpp"

namespace netecho {
namespace {

/// A line a reply is read by people up to this rate.
constexpr Duration kReadableInterval = std::chrono::milliseconds{100};

ProbeEvents::Options event_options(const ProbeJob& job, const Format& format) {
  return {.replies = shows_replies(job, format),
          .mode = job.probe.mode,
          .size_bytes = job.probe.size_bytes,
          .show_payload_bytes = job.show_payload_bytes,
          .timestamps = job.probe.timestamps};
}

StatusOfTarget shown(const std::string& name, const ProbeStatus& status, const Sparkline& history) {
  StatusOfTarget out{.name = name,
                     .sent = status.sent,
                     .loss_ratio = {},
                     .unanswered_ratio = {},
                     .p50 = status.p50,
                     .p99 = status.p99,
                     .max = status.max,
                     .history = &history};
  const auto share = [&](std::uint64_t part) -> std::optional<double> {
    const std::uint64_t decided = status.received + part;
    if (decided == 0) return std::nullopt;
    return static_cast<double>(part) / static_cast<double>(decided);
  };
  out.loss_ratio = share(status.lost);
  if (status.unanswered > status.lost) out.unanswered_ratio = share(status.unanswered);
  return out;
}

}  // namespace

bool shows_replies(const ProbeJob& job, const Format& format) {
  if (format.kind == FormatKind::stream) return true;
  if (format.kind != FormatKind::words || job.common.quiet || job.self) return false;
  if (job.common.verbosity > 0) return true;
  return job.probe.schedule != ScheduleKind::flood && job.probe.interval >= kReadableInterval;
}

bool shows_status(const ProbeJob& job, const Format& format) {
  return format.kind == FormatKind::words && !job.common.quiet && !shows_replies(job, format) &&
         obeys_escapes(STDOUT_FILENO);
}

ProbeView::ProbeView(const ProbeJob& job, const Format& format, QueueSink& sink, ProbeFiles& files,
                     const TextStyle& style)
    : events_{sink, system_clock(), event_options(job, format)},
      files_{files},
      size_bytes_{job.probe.mode == ProbeMode::echo ? job.probe.size_bytes : 0},
      style_{style} {
  if (shows_status(job, format)) printer_.emplace(sink.writer());
}

void ProbeView::came(std::size_t target, const SocketDescription& description) {
  events_.came(target, description);
  files_.came(target, description);
  targets_.push_back(description);
  histories_.emplace_back();
  failed_.push_back(false);
}

void ProbeView::began(Instant start, WallTime wall) {
  files_.begin(start, wall);
}

void ProbeView::outcome(const ProbeOutcome& outcome) {
  if (events_.wants_outcomes()) events_.outcome(outcome);
  files_.sample(outcome, size_bytes_);
}

/// Tells of it at once, for a run may go on for hours; the first of a target's flows stands for
/// all.
void ProbeView::failed(std::size_t target, const ErrorEvent& error) {
  if (failed_[target]) return;
  failed_[target] = true;
  if (printer_) printer_->clear();
  print_error(error.message);
}

void ProbeView::interval(std::span<const ProbeResult> targets) {
  if (printer_) printer_->clear();
  events_.interval(targets);
  files_.interval(targets);
}

void ProbeView::status(std::span<const ProbeStatus> targets) {
  if (!printer_) return;
  std::vector<StatusOfTarget> line;
  for (std::size_t i = 0; i < targets.size(); ++i) {
    histories_[i].add(targets[i].recent);
    line.push_back(shown(targets_[i].uri, targets[i], histories_[i]));
  }
  const std::string time = time_of_day(realtime_now(), style_.time.value_or(TimeOfDay::none));
  const std::size_t columns = terminal_columns(STDOUT_FILENO);
  printer_->draw(time + status_line(line, columns - std::min(columns, time.size()), style_));
}

}  // namespace netecho
