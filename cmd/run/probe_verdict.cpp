#include "cmd/run/probe_verdict.hpp"

#include <unistd.h>

#include <algorithm>
#include <memory>

#include "cmd/run/log.hpp"
#include "cmd/run/probe_targets.hpp"
#include "core/base/clock.hpp"
#include "core/base/escape.hpp"
#include "core/base/whole_file.hpp"
#include "core/report/histogram_text.hpp"
#include "core/report/page/plot_text.hpp"
#include "core/report/status_line.hpp"

namespace netecho {
namespace {

constexpr ErrorCategory kIo = ErrorCategory::io;

int code_of_results(const std::vector<Summary>& summaries, const std::vector<ErrorEvent>& errors) {
  const bool incomplete =
      std::ranges::any_of(errors, [](const ErrorEvent& each) { return each.category == kIo; });
  return incomplete ? exit_code(kIo) : common_exit_code(summaries);
}

/// The line on stderr has said all there is of a single target that was not reached.
bool nothing_to_add(const std::vector<ProbeResult>& results) {
  const Summary& first = results.front().summary;
  return results.size() == 1 && first.error && first.scheduled_total == 0;
}

void write_events(const std::vector<ProbeResult>& results, const std::vector<ErrorEvent>& errors,
                  EventSink& sink) {
  for (const ErrorEvent& error : errors) sink.emit({realtime_now(), error});
  for (const ProbeResult& result : results) {
    for (const Summary& flow : result.flows) sink.emit({realtime_now(), SummaryEvent{flow}});
    sink.emit({realtime_now(), SummaryEvent{result.summary}});
  }
}

ResultEvent result_event(const std::vector<ProbeResult>& results,
                         const std::vector<ErrorEvent>& errors, int code) {
  ResultEvent out{.time = realtime_now(),
                  .command = "probe",
                  .targets = summaries_of(results),
                  .replies = {},
                  .errors = errors,
                  .exit_code = code};
  for (const ProbeResult& result : results) out.details.push_back(result.detail);
  return out;
}

/// Returns false, and tells why, if the file still has what it had before.
bool replaced(const std::string& path, std::string_view text) {
  try {
    write_whole_file(path, text, AfterPowerLoss::old_or_new);
    return true;
  } catch (const Error& error) {
    print_error(error.what());
    return false;
  }
}

/// What was recorded of a result; null if no plot is wanted or there are too many targets.
std::shared_ptr<Series> series_of(const std::vector<ProbeResult>& results,
                                  const ProbeResult& result, const ProbeJob& job,
                                  const ProbeFiles& files) {
  if (!job.plot || files.series() == nullptr) return nullptr;
  std::size_t before = 0;
  std::size_t all = 0;
  for (const ProbeResult& each : results) {
    if (each.summary.target.uri != result.summary.target.uri) continue;
    if (&each < &result) ++before;
    ++all;
  }
  return files.series()->find(result.summary.target.uri, before, all);
}

void write_text(const std::vector<ProbeResult>& results, const ProbeJob& job, Output& output,
                const TextStyle& style, const ProbeFiles& files) {
  const TimeOfDay time = style.time.value_or(TimeOfDay::none);
  const auto write = [&](const std::string& lines) {
    output.write(with_time_of_day(lines, realtime_now(), time));
  };
  const std::size_t taken = time_of_day(realtime_now(), time).size();
  const std::size_t width = terminal_columns(STDOUT_FILENO);
  const std::size_t columns = width - std::min(width, taken);
  for (const ProbeResult& result : results) {
    if (job.common.verbosity > 0) {
      for (const Summary& flow : result.flows) {
        output.write(to_text({realtime_now(), SummaryEvent{flow}}, style));
      }
    }
    output.write(to_text({realtime_now(), SummaryEvent{result.summary}}, style));
    if (job.histogram && result.latency) {
      write(histogram_text(*result.latency, columns));
    }
    if (const auto series = series_of(results, result, job, files)) {
      write(plot_text(*series, columns, characters_of_environment()));
    }
  }
  if (results.size() > 1) write("\n" + comparison_table(summaries_of(results), style));
}

}  // namespace

void warn_of_drawings(const ProbeJob& job) {
  const bool text = chosen_format(job.common, Wanted::document).kind == FormatKind::words;
  if (text && !job.self) return;
  const std::string where = text ? " with --self" : ": it is for text output";
  if (job.histogram) log_warning("--histogram draws nothing" + where);
  if (job.plot) log_warning("--plot draws nothing" + where);
}

std::vector<Summary> summaries_of(const std::vector<ProbeResult>& results) {
  std::vector<Summary> out;
  out.reserve(results.size());
  for (const ProbeResult& result : results) out.push_back(result.summary);
  return out;
}

void report_failures(const std::vector<ProbeResult>& results, const ProbeJob& job) {
  const TextStyle style{.colour = colour_for(STDERR_FILENO, job.common.colour)};
  for (const ProbeResult& result : results) {
    for (const ThresholdResult& threshold : result.summary.thresholds) {
      if (threshold.held) continue;
      const std::string which =
          results.size() > 1 ? escape_for_terminal(result.summary.target.uri) + ": " : "";
      print_error(which + threshold_text(threshold, style));
    }
  }
}

void judge(std::vector<ProbeResult>& results, const ProbeJob& job) {
  for (ProbeResult& result : results) {
    Summary& summary = result.summary;
    for (const Threshold& threshold : job.fail_if) {
      summary.thresholds.push_back(evaluate(threshold, summary));
      if (!summary.thresholds.back().held && summary.exit_code == 0) summary.exit_code = 1;
    }
  }
}

void tell_of_output(std::vector<ProbeResult>& results, std::vector<ErrorEvent>& errors,
                    QueueSink& sink, ProbeFiles& files) {
  sink.drain();
  if (const std::uint64_t dropped = sink.dropped_total(); dropped != 0) {
    print_error(std::to_string(dropped) + " events were dropped: the reader of stdout is slow");
    for (ProbeResult& result : results) {
      result.summary.events_dropped_total = dropped;
      for (Summary& flow : result.flows) flow.events_dropped_total = dropped;
    }
  }
  const auto tell = [&](const Error& error) {
    print_error(error.what());
    errors.push_back(error_event(error));
  };
  for (const Error& error : files.finish()) tell(error);
  if (!files.wants_page()) return;
  std::vector<Summary> flows;
  for (const ProbeResult& result : results) {
    flows.insert(flows.end(), result.flows.begin(), result.flows.end());
  }
  const int code = code_of_results(summaries_of(results), errors);
  if (const auto error = files.page(result_event(results, errors, code), flows)) tell(*error);
}

int code_of_run(const std::vector<Summary>& summaries, const std::vector<ErrorEvent>& errors,
                const Output& output) {
  if (const auto error = output.error()) {
    print_error(error->what());
    return exit_code(kIo);
  }
  return code_of_results(summaries, errors);
}

int show_results(const std::vector<ProbeResult>& results, const std::vector<ErrorEvent>& errors,
                 const ProbeJob& job, const Format& format, Output& output, const TextStyle& style,
                 const ProbeFiles& files) {
  const std::vector<Summary> summaries = summaries_of(results);
  const bool failed_before = output.error().has_value();
  int code = code_of_run(summaries, errors, output);
  if (format.result != nullptr) {
    const std::string text = format.result(result_event(results, errors, code));
    if (job.output_path.empty()) {
      output.write(text);
    } else if (!replaced(job.output_path, text)) {
      code = exit_code(ErrorCategory::io);
    }
  } else if (format.kind == FormatKind::stream) {
    DirectSink sink{output, format, style};
    write_events(results, errors, sink);
  } else if (!nothing_to_add(results)) {
    write_text(results, job, output, style, files);
  }
  report_failures(results, job);
  // The reader of stdout was told the code before; what is on stderr is still to come.
  return output.error() && !failed_before ? code_of_run(summaries, errors, output) : code;
}

}  // namespace netecho
