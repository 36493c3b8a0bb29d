#include <unistd.h>

#include <csignal>

#include "cmd/log.hpp"
#include "cmd/loopback.hpp"
#include "cmd/probe_targets.hpp"
#include "core/base/random.hpp"
#include "core/engine/poll_waiter.hpp"
#include "core/engine/probe_events.hpp"

namespace netecho {
namespace {

/// Of the user's options, those that some transport can't honour: an error if none can.
void check_options(const std::vector<Loopback>& loopbacks, const ProbeJob& job) {
  std::vector<Endpoint> endpoints;
  for (const Loopback& each : loopbacks) {
    endpoints.push_back(each.endpoint);
    check_probe(each.endpoint, job.probe);
  }
  for (const std::string& warning :
       check_socket_options(endpoints, job.common.socket, Role::client)) {
    log_warning(warning);
  }
}

Summary probe_one(const Loopback& loopback, const ProbeJob& job, Interrupt& interrupt,
                  EventSink& events, OutputFormat format) {
  if (loopback.error) {
    Summary summary = failed_summary(loopback.endpoint, job, *loopback.error);
    summary.exit_code = 0;  // That a machine lacks a transport is a finding, not a failure.
    return summary;
  }
  std::vector<ProbeTarget> targets;
  try {
    targets.push_back(make_target(loopback.endpoint, job, interrupt));
  } catch (const Interrupted&) {
    return interrupted_summary(loopback.endpoint, job);
  } catch (const Error& error) {
    print_error(error.what());
    return failed_summary(loopback.endpoint, job, error);
  }
  PollWaiter waiter{interrupt};
  ProbeEvents observer = probe_events(events, job, {targets.front().target}, format);
  return run_prober(std::move(targets), job.probe, system_clock(), waiter, observer, random_u64())
      .front()
      .summary;
}

/// What went wrong, without what this machine just lacks.
std::vector<ErrorEvent> errors_of(const std::vector<Summary>& summaries) {
  std::vector<ErrorEvent> out;
  for (const Summary& summary : summaries) {
    if (summary.error && summary.exit_code != 0) out.push_back(*summary.error);
  }
  return out;
}

}  // namespace

int run_self_probe(const ProbeJob& job) {
  Interrupt interrupt{SIGINT, SIGTERM, SIGHUP, SIGQUIT};
  std::vector<Served> sockets;
  const std::vector<Loopback> loopbacks = bind_loopbacks(sockets, backends(), job.common.family);
  check_options(loopbacks, job);
  const LoopbackServer server{std::move(sockets)};

  const OutputFormat format = chosen_format(job.common, OutputFormat::json);
  Output output{STDOUT_FILENO, "stdout"};
  const TextStyle style{.colour = colour_for(STDOUT_FILENO, job.common.colour)};
  DirectSink sink{output, format, style};

  const ProbeJob timed = started(job);
  std::vector<Summary> summaries;
  for (const Loopback& each : loopbacks) {
    summaries.push_back(probe_one(each, timed, interrupt, sink, format));
    if (format == OutputFormat::jsonl) sink.emit({realtime_now(), SummaryEvent{summaries.back()}});
    if (summaries.back().interrupted) break;
  }

  const int code = common_exit_code(summaries);
  if (format == OutputFormat::text) output.write(comparison_table(summaries, style));
  if (format == OutputFormat::json) write_result(output, summaries, errors_of(summaries), code);
  if (format == OutputFormat::jsonl) {
    for (const ErrorEvent& error : errors_of(summaries)) sink.emit({realtime_now(), error});
  }
  if (const auto error = output.error()) throw *error;
  return code;
}

}  // namespace netecho
