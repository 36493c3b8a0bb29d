#include <unistd.h>

#include <algorithm>
#include <csignal>

#include "cmd/run/log.hpp"
#include "cmd/run/probe_run.hpp"
#include "cmd/run/probe_targets.hpp"
#include "cmd/run/probe_verdict.hpp"
#include "cmd/run/probe_view.hpp"
#include "core/host/rlimits.hpp"

namespace netecho {
namespace {

void check_endpoints(const std::vector<Endpoint>& endpoints, const ProbeJob& job) {
  for (const ProbeJob& each : runs_of(job)) {
    const char* size_option = job.sweep.empty() ? "--size" : "--sweep";
    for (const Endpoint& endpoint : endpoints) check_probe(endpoint, each, size_option);
  }
}

/// Throws where one local port would be for several connections to a peer, or for several sockets
/// of datagrams.
void check_local_port(const std::vector<Endpoint>& endpoints, const ProbeJob& job) {
  if (!job.common.socket.bind) return;
  const std::string& bind = *job.common.socket.bind;
  std::vector<std::string> seen;
  for (const Endpoint& endpoint : endpoints) {
    const Backend& backend = backend_of(endpoint);
    const bool has_ports = backend.describe(endpoint).port.has_value();
    if (!has_ports || local_port(bind) == 0) continue;
    const bool connects = backend.capabilities.connects;
    const std::string peer = connects ? endpoint.uri() : std::string(backend.kind.transport);
    const bool again = std::ranges::find(seen, peer) != seen.end();
    if (job.parallel > 1 || again) {
      throw usage_error("option", "--bind",
                        bind + " names one local port, which " +
                            (connects ? "several connections to a peer" : "several sockets") +
                            " cannot share: leave the port out");
    }
    seen.push_back(peer);
  }
}

/// Warns of a target that nothing was sent to: skipped slots are counted among the figures, of
/// which there are none if all are skipped.
void warn_of_pace(const std::vector<ProbeResult>& results, const ProbeJob& job) {
  for (const ProbeResult& result : results) {
    const Summary& s = result.summary;
    if (s.error || s.interrupted || s.sent_total != 0 || s.skipped_total == 0) continue;
    if (s.no_connection_total != 0) continue;
    if (s.skipped_total != s.scheduled_total || s.schedule == ScheduleKind::flood) continue;
    log_warning(s.target.uri + ": nothing was sent: this machine was more than an interval (" +
                format_duration(job.probe.interval) + ") late for each of " +
                std::to_string(s.skipped_total) + " probes; --flood sends as fast as it can");
  }
}

}  // namespace

int run_probe(const ProbeJob& typed) {
  const std::vector<Endpoint> endpoints =
      parse_endpoints(typed.endpoints, Role::client, typed.common);
  const ProbeJob job = with_key(typed);
  check_endpoints(endpoints, job);
  check_local_port(endpoints, job);
  warn_of_drawings(job);

  const Format& format = chosen_format(job.common, Wanted::document);
  Output output{STDOUT_FILENO, "stdout"};
  TextStyle style = text_style(job.common, STDOUT_FILENO);
  style.name_target = endpoints.size() > 1;
  QueueSink sink{output, format, style, kMaxQueuedBytes};
  Interrupt interrupt{SIGINT, SIGTERM, SIGHUP, SIGQUIT};

  // A flow has a socket, and while its name is looked up a descriptor for that. What does not fit
  // is told where it can't be opened.
  static_cast<void>(fit_connections(2 * endpoints.size() * job.parallel, kOtherDescriptors));
  ProbeJob timed = started(job);
  if (shows_status(job, format)) timed.probe.status_interval = kStatusInterval;
  ProbeFiles files{job};
  std::vector<ProbeResult> results;
  std::vector<ErrorEvent> errors;
  for (const ProbeJob& each : runs_of(timed)) {
    ProbeRun run = probe_side_by_side(endpoints, each, interrupt, [&] {
      return std::make_unique<ProbeView>(each, format, sink, files, style);
    });
    files.result(run.results);
    std::ranges::move(run.results, std::back_inserter(results));
    std::ranges::move(run.errors, std::back_inserter(errors));
    if (run.interrupted || sink.gone()) break;
  }
  judge(results, job);
  warn_of_pace(results, job);
  tell_of_output(results, errors, sink, files);
  return show_results(results, errors, job, format, output, style, files);
}

}  // namespace netecho
