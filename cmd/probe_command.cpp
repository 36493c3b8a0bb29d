#include <unistd.h>

#include <csignal>

#include "cmd/probe_job.hpp"
#include "core/base/random.hpp"
#include "core/engine/poll_waiter.hpp"
#include "core/report/json.hpp"

namespace netecho {
namespace {

using namespace std::chrono_literals;

/// A line a reply is read by people up to this rate.
constexpr Duration kReadableInterval = 100ms;
constexpr Duration kConnectTimeout = 5s;

/// All targets of a run: those that could be connected are probed, the others are summaries
/// already.
class Targets {
 public:
  Targets(const std::vector<Endpoint>& endpoints, const ProbeJob& job, Interrupt& interrupt);

  /// In the order of the endpoints.
  [[nodiscard]] std::vector<Summary> probe(const ProbeOptions& options, Interrupt& interrupt,
                                           EventSink* replies);
  [[nodiscard]] const std::vector<ErrorEvent>& errors() const { return errors_; }

 private:
  std::vector<ProbeTarget> targets_;
  std::vector<std::optional<Summary>> failed_;  ///< One an endpoint.
  std::vector<ErrorEvent> errors_;
};

Targets::Targets(const std::vector<Endpoint>& endpoints, const ProbeJob& job,
                 Interrupt& interrupt) {
  for (const Endpoint& endpoint : endpoints) {
    try {
      targets_.push_back(make_target(endpoint, job, interrupt));
      failed_.emplace_back();
    } catch (const Error& error) {
      if (error.category() == ErrorCategory::usage) throw;
      print_error(error.what());
      errors_.push_back(error_event(error));
      failed_.emplace_back(failed_summary(endpoint, job, error));
    }
  }
}

std::vector<Summary> Targets::probe(const ProbeOptions& options, Interrupt& interrupt,
                                    EventSink* replies) {
  PollWaiter waiter{interrupt};
  std::vector<Summary> measured;
  if (!targets_.empty()) {
    measured =
        run_prober(std::move(targets_), options, system_clock(), waiter, replies, random_u64());
  }
  std::vector<Summary> all;
  auto next = measured.begin();
  for (std::optional<Summary>& failed : failed_) {
    if (failed) {
      all.push_back(std::move(*failed));
      continue;
    }
    if (next->error) {
      print_error(next->error->message);
      errors_.push_back(*next->error);
    }
    all.push_back(std::move(*next++));
  }
  return all;
}

bool shows_replies(const ProbeJob& job, OutputFormat format) {
  if (format == OutputFormat::jsonl) return true;
  if (format != OutputFormat::text || job.common.quiet) return false;
  return job.probe.interval >= kReadableInterval || job.common.verbosity > 0;
}

}  // namespace

void check_probe(const Endpoint& endpoint, const ProbeOptions& options) {
  const Capabilities& can = backend_of(endpoint).capabilities;
  if (options.mode == ProbeMode::connect) {
    if (!can.connects) {
      throw usage_error("option", "--mode",
                        endpoint.typed + " has no connection set-up to be measured");
    }
    return;
  }
  const std::size_t low = can.boundaries ? 0 : 1;
  if (options.size_bytes < low) {
    throw usage_error("option", "--size", "a stream needs 1 byte or more: " + endpoint.typed);
  }
  if (can.max_message_bytes != 0 && options.size_bytes > can.max_message_bytes) {
    throw usage_error(
        "option", "--size",
        "expected up to " + std::to_string(can.max_message_bytes) + " bytes for " + endpoint.typed);
  }
}

namespace {

std::unique_ptr<MessagePort> port_of(Connection connection, std::size_t message_bytes) {
  if (auto* channel = std::get_if<ByteChannel>(&connection.socket)) {
    return make_stream_port(std::move(*channel), message_bytes);
  }
  return std::get<std::unique_ptr<MessagePort>>(std::move(connection.socket));
}

}  // namespace

ProbeTarget make_target(const Endpoint& endpoint, const ProbeJob& job, Interrupt& interrupt) {
  const Backend& backend = backend_of(endpoint);
  const ConnectOptions options = connect_options(job.common, kConnectTimeout, interrupt.fd());
  ProbeTarget target;
  target.target = backend.describe(endpoint);
  if (job.probe.mode == ProbeMode::connect) {
    ConnectOptions timed = options;
    timed.connect_timeout = job.probe.timeout;
    target.port = backend.connect_port(endpoint, timed);
    return target;
  }
  Connection connection = backend.connect(endpoint, options);
  target.peer = connection.peer;
  target.local = connection.local;
  target.connect_time = connection.connect_time;
  target.port = port_of(std::move(connection), job.probe.size_bytes);
  // In the middle of a run a signal is the waiter's to see, and nobody waits longer than for a
  // reply.
  ConnectOptions again = options;
  again.interrupt_fd = -1;
  again.connect_timeout = job.probe.timeout;
  target.reopen = [&backend, endpoint, again, size = job.probe.size_bytes] {
    return port_of(backend.connect(endpoint, again), size);
  };
  return target;
}

Summary failed_summary(const Endpoint& endpoint, const ProbeJob& job, const Error& error) {
  Summary summary;
  summary.target = backend_of(endpoint).describe(endpoint);
  summary.mode = job.probe.mode;
  summary.wait = job.probe.wait;
  summary.schedule = ScheduleKind::periodic;
  summary.size_bytes = job.probe.size_bytes;
  summary.error = error_event(error);
  summary.exit_code = summary.error->exit_code;
  return summary;
}

int common_exit_code(const std::vector<Summary>& summaries) {
  int code = 0;
  for (const Summary& summary : summaries) {
    if (summary.exit_code == 0) continue;
    if (code != 0 && code != summary.exit_code) return 1;
    code = summary.exit_code;
  }
  return code;
}

void write_result(Output& output, const std::vector<Summary>& summaries,
                  const std::vector<ErrorEvent>& errors, int exit_code) {
  output.write(to_json(ResultEvent{.time = realtime_now(),
                                   .command = "probe",
                                   .targets = summaries,
                                   .replies = {},
                                   .errors = errors,
                                   .exit_code = exit_code}) +
               "\n");
}

int run_probe(const ProbeJob& job) {
  const std::vector<Endpoint> endpoints = parse_endpoints(job.endpoints, Role::client, job.common);
  for (const Endpoint& endpoint : endpoints) check_probe(endpoint, job.probe);

  Interrupt interrupt{SIGINT, SIGTERM, SIGHUP, SIGQUIT};
  const OutputFormat format = chosen_format(job.common, OutputFormat::json);
  Output output{STDOUT_FILENO, "stdout"};
  const TextStyle style{.colour = colour_for(STDOUT_FILENO, job.common.colour),
                        .name_target = endpoints.size() > 1};
  DirectSink sink{output, format, style};

  ProbeOptions options = job.probe;
  if (job.deadline) options.deadline = monotonic_now() + *job.deadline;
  std::vector<Summary> summaries;
  std::vector<ErrorEvent> errors;
  try {
    Targets targets{endpoints, job, interrupt};
    summaries = targets.probe(options, interrupt, shows_replies(job, format) ? &sink : nullptr);
    errors = targets.errors();
  } catch (const Interrupted&) {
    // Before the first probe: there is nothing to sum up.
    return 128 + interrupt.take().value_or(SIGINT);
  }
  const int code = common_exit_code(summaries);
  if (format == OutputFormat::jsonl) {
    for (const ErrorEvent& error : errors) sink.emit({realtime_now(), error});
  }
  // The line on stderr has said all there is of a single target that was not reached.
  const bool nothing_to_add = format == OutputFormat::text && summaries.size() == 1 &&
                              summaries[0].error && summaries[0].scheduled_total == 0;
  for (const Summary& summary : summaries) {
    if (!nothing_to_add) sink.emit({realtime_now(), SummaryEvent{summary}});
  }
  if (format == OutputFormat::json) write_result(output, summaries, errors, code);
  if (format == OutputFormat::text && summaries.size() > 1) {
    output.write("\n" + comparison_table(summaries, style));
  }
  if (const auto error = output.error()) throw *error;
  return code;
}

}  // namespace netecho
