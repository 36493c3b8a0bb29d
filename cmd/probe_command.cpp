#include <unistd.h>

#include <csignal>

#include "cmd/probe_targets.hpp"
#include "core/base/random.hpp"
#include "core/engine/poll_waiter.hpp"

namespace netecho {
namespace {

using namespace std::chrono_literals;

/// A line a reply is read by people up to this rate.
constexpr Duration kReadableInterval = 100ms;

/// What a run came to, in the order of its endpoints.
struct Outcome {
  std::vector<Summary> summaries;
  std::vector<ErrorEvent> errors;
};

/// All targets of a run: those that could be connected are probed, the others are summaries
/// already.
class Targets {
 public:
  /// Throws a usage Error, Interrupted.
  Targets(const std::vector<Endpoint>& endpoints, const ProbeJob& job, Interrupt& interrupt);

  [[nodiscard]] Outcome probe(const ProbeOptions& options, Interrupt& interrupt,
                              EventSink* replies);

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

Outcome Targets::probe(const ProbeOptions& options, Interrupt& interrupt, EventSink* replies) {
  PollWaiter waiter{interrupt};
  std::vector<Summary> measured;
  if (!targets_.empty()) {
    measured =
        run_prober(std::move(targets_), options, system_clock(), waiter, replies, random_u64());
  }
  Outcome out{.summaries = {}, .errors = std::move(errors_)};
  auto next = measured.begin();
  for (std::optional<Summary>& failed : failed_) {
    if (failed) {
      out.summaries.push_back(std::move(*failed));
      continue;
    }
    if (next->error) {
      print_error(next->error->message);
      out.errors.push_back(*next->error);
    }
    out.summaries.push_back(std::move(*next++));
  }
  return out;
}

Outcome measure(const std::vector<Endpoint>& endpoints, const ProbeJob& job, EventSink* replies) {
  Interrupt interrupt{SIGINT, SIGTERM, SIGHUP, SIGQUIT};
  try {
    return Targets{endpoints, job, interrupt}.probe(job.probe, interrupt, replies);
  } catch (const Interrupted&) {
    Outcome out;  // Before the first probe: there is nothing to sum up.
    for (const Endpoint& endpoint : endpoints) {
      out.summaries.push_back(interrupted_summary(endpoint, job));
    }
    return out;
  }
}

bool shows_replies(const ProbeJob& job, OutputFormat format) {
  if (format == OutputFormat::jsonl) return true;
  if (format != OutputFormat::text || job.common.quiet) return false;
  return job.probe.interval >= kReadableInterval || job.common.verbosity > 0;
}

/// The line on stderr has said all there is of a single target that was not reached.
bool nothing_to_add(const Outcome& outcome) {
  const Summary& first = outcome.summaries.front();
  return outcome.summaries.size() == 1 && first.error && first.scheduled_total == 0;
}

}  // namespace

int run_probe(const ProbeJob& job) {
  const std::vector<Endpoint> endpoints = parse_endpoints(job.endpoints, Role::client, job.common);
  for (const Endpoint& endpoint : endpoints) check_probe(endpoint, job.probe);

  const OutputFormat format = chosen_format(job.common, OutputFormat::json);
  Output output{STDOUT_FILENO, "stdout"};
  const TextStyle style{.colour = colour_for(STDOUT_FILENO, job.common.colour),
                        .name_target = endpoints.size() > 1};
  DirectSink sink{output, format, style};
  const Outcome outcome =
      measure(endpoints, started(job), shows_replies(job, format) ? &sink : nullptr);

  const int code = common_exit_code(outcome.summaries);
  if (format == OutputFormat::json) {
    write_result(output, outcome.summaries, outcome.errors, code);
  } else {
    if (format == OutputFormat::jsonl) {
      for (const ErrorEvent& error : outcome.errors) sink.emit({realtime_now(), error});
    }
    if (format == OutputFormat::jsonl || !nothing_to_add(outcome)) {
      for (const Summary& summary : outcome.summaries) {
        sink.emit({realtime_now(), SummaryEvent{summary}});
      }
    }
    if (format == OutputFormat::text && outcome.summaries.size() > 1) {
      output.write("\n" + comparison_table(outcome.summaries, style));
    }
  }
  if (const auto error = output.error()) throw *error;
  return code;
}

}  // namespace netecho
