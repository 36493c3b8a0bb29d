#include "cmd/run/probe_files.hpp"

#include <algorithm>

#include "cmd/run/page_output.hpp"
#include "core/base/build_info.hpp"
#include "core/base/clock.hpp"
#include "core/base/whole_file.hpp"
#include "core/report/result_reader.hpp"

namespace netecho {

namespace {

bool tags_lines(const ProbeJob& job) {
  if (job.hdr_tag != HdrTag::automatic) return job.hdr_tag == HdrTag::always;
  return job.self || job.endpoints.size() > 1;
}

/// Adds why `file` is not complete.
template <typename File>
void finish_one(std::optional<File>& file, std::vector<Error>& errors) {
  if (!file) return;
  try {
    file->finish();
  } catch (const Error& error) {
    errors.push_back(error);
  }
}

}  // namespace

ProbeFiles::ProbeFiles(const ProbeJob& job)
    : html_path_{job.html_path},
      in_parts_{job.probe.report_interval != Duration::max()},
      tagged_{tags_lines(job)} {
  if (!job.output_path.empty()) expect_whole_file(job.output_path);
  if (wants_page()) expect_whole_file(html_path_);
  if (!job.samples_path.empty()) samples_.emplace(job.samples_path);
  if (!job.hdr_path.empty()) hdr_.emplace(job.hdr_path, realtime_now());
  if (wants_page() || job.plot) series_.emplace();
}

void ProbeFiles::came(std::size_t target, const SocketDescription& description) {
  if (series_) {
    drawn_.resize(target);  // None of the run before.
    drawn_.push_back(series_->begin(description.uri));
  }
  if (!samples_) return;
  names_.resize(target);
  names_.push_back(samples_->add_target(description.uri));
}

void ProbeFiles::begin(Instant start, WallTime wall) {
  if (!start_) {
    start_ = start;
    zero_ = wall;
  }
  logged_ = start - *start_;
  run_start_ = start;
  for (const auto& series : drawn_) {
    if (series) series->zero = wall;
  }
}

/// Two readings of the clocks differ by what lies between them, so that `zero_` stays unless the
/// wall clock was set, or the machine slept: rows of one run then have times that are exactly as
/// far apart as they were.
WallTime ProbeFiles::wall_time(std::optional<Instant> at) {
  constexpr Duration kStep = std::chrono::milliseconds{10};
  const Instant now = monotonic_now();
  const WallTime zero = realtime_now() - (now - *start_);
  if (zero - zero_ > kStep || zero_ - zero > kStep) zero_ = zero;
  return zero_ + (at.value_or(now) - *start_);
}

void ProbeFiles::sample(const ProbeOutcome& outcome, std::uint64_t size_bytes) {
  if (series_ && drawn_[outcome.target]) {
    const auto at = outcome.sent ? outcome.sent : outcome.intended;
    drawn_[outcome.target]->note(at.value_or(monotonic_now()) - run_start_, outcome.status,
                                 outcome.rtt);
  }
  if (!samples_) return;
  const auto since_start = [&](std::optional<Instant> at) -> std::optional<Duration> {
    if (!at) return std::nullopt;
    return *at - *start_;
  };
  samples_->write({.target = names_[outcome.target],
                   .flow = outcome.flow,
                   .sequence = outcome.sequence.value,
                   .status = outcome.status,
                   .intended = since_start(outcome.intended),
                   .sent = since_start(outcome.sent),
                   .received = since_start(outcome.received),
                   .rtt = outcome.rtt,
                   .response = outcome.response,
                   .server_residence = outcome.server_residence,
                   .size_bytes = outcome.reply != nullptr ? outcome.reply->size : size_bytes,
                   .error_number = outcome.error,
                   .time = wall_time(outcome.sent       ? outcome.sent
                                     : outcome.intended ? outcome.intended
                                                        : outcome.received)});
}

void ProbeFiles::interval(std::span<const ProbeResult> targets) {
  if (in_parts_) log(targets);
}

void ProbeFiles::result(std::span<const ProbeResult> targets) {
  for (std::size_t i = 0; i < std::min(drawn_.size(), targets.size()); ++i) {
    if (drawn_[i] && targets[i].latency) drawn_[i]->take(targets[i].latency);
  }
  if (!in_parts_) log(targets);
}

void ProbeFiles::log(std::span<const ProbeResult> targets) {
  if (!hdr_) return;
  Duration longest{};
  for (const ProbeResult& target : targets) {
    if (target.latency == nullptr) continue;
    const Summary& summary = target.summary;
    hdr_->interval(tagged_ ? summary.target.uri : "", logged_, summary.duration, *target.latency);
    longest = std::max(longest, summary.duration);
  }
  logged_ += longest;
}

std::optional<Error> ProbeFiles::page(const ResultEvent& result,
                                      const std::vector<Summary>& flows) {
  PageRun run = page_run(result, flows);
  run.version = build_info().version;
  attach_series(run, *series_);
  std::vector<PageRun> runs;
  runs.push_back(std::move(run));
  try {
    write_page(html_path_, std::move(runs), language_of_environment());
  } catch (const Error& error) {
    return error;
  }
  return std::nullopt;
}

std::vector<Error> ProbeFiles::finish() {
  std::vector<Error> errors;
  finish_one(samples_, errors);
  finish_one(hdr_, errors);
  return errors;
}

}  // namespace netecho
