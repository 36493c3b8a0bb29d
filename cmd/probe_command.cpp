#include <unistd.h>

#include <algorithm>
#include <csignal>

#include "cmd/probe_run.hpp"
#include "cmd/probe_targets.hpp"

namespace netecho {
namespace {

void check_endpoints(const std::vector<Endpoint>& endpoints, const ProbeJob& job) {
  for (const ProbeJob& each : runs_of(job)) {
    for (const Endpoint& endpoint : endpoints) check_probe(endpoint, each.probe);
  }
  const bool some_connect = std::ranges::any_of(endpoints, [](const Endpoint& endpoint) {
    return backend_of(endpoint).capabilities.connects;
  });
  if (job.probe.reconnect == Reconnect::yes && !some_connect) {
    throw usage_error("option", "--retry",
                      "is for connections: " + endpoints.front().typed + " has none to drop");
  }
}

/// The line on stderr has said all there is of a single target that was not reached.
bool nothing_to_add(const std::vector<ProbeResult>& results) {
  const Summary& first = results.front().summary;
  return results.size() == 1 && first.error && first.scheduled_total == 0;
}

std::vector<Summary> summaries_of(const std::vector<ProbeResult>& results) {
  std::vector<Summary> out;
  for (const ProbeResult& result : results) out.push_back(result.summary);
  return out;
}

}  // namespace

int run_probe(const ProbeJob& job) {
  const std::vector<Endpoint> endpoints = parse_endpoints(job.endpoints, Role::client, job.common);
  check_endpoints(endpoints, job);

  const OutputFormat format = chosen_format(job.common, OutputFormat::json);
  Output output{STDOUT_FILENO, "stdout"};
  const TextStyle style{.colour = colour_for(STDOUT_FILENO, job.common.colour),
                        .name_target = endpoints.size() > 1};
  DirectSink sink{output, format, style};
  Interrupt interrupt{SIGINT, SIGTERM, SIGHUP, SIGQUIT};

  std::vector<ProbeResult> results;
  std::vector<ErrorEvent> errors;
  for (const ProbeJob& each : runs_of(started(job))) {
    ProbeRun run = probe_side_by_side(endpoints, each, interrupt, [&](auto targets) {
      return std::make_unique<ProbeEvents>(probe_events(sink, each, std::move(targets), format));
    });
    std::ranges::move(run.results, std::back_inserter(results));
    std::ranges::move(run.errors, std::back_inserter(errors));
    if (run.interrupted || sink.gone()) break;
  }

  const std::vector<Summary> summaries = summaries_of(results);
  const int code = common_exit_code(summaries);
  if (format == OutputFormat::json) {
    write_result(output, summaries, errors, code);
  } else if (format == OutputFormat::jsonl) {
    for (const ErrorEvent& error : errors) sink.emit({realtime_now(), error});
    for (const ProbeResult& result : results) {
      for (const Summary& flow : result.flows) sink.emit({realtime_now(), SummaryEvent{flow}});
      sink.emit({realtime_now(), SummaryEvent{result.summary}});
    }
  } else if (!nothing_to_add(results)) {
    for (const Summary& summary : summaries) sink.emit({realtime_now(), SummaryEvent{summary}});
    if (summaries.size() > 1) output.write("\n" + comparison_table(summaries, style));
  }
  if (const auto error = output.error()) throw *error;
  return code;
}

}  // namespace netecho
