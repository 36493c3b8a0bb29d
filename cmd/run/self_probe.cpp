#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <functional>

#include "cmd/run/log.hpp"
#include "cmd/run/loopback.hpp"
#include "cmd/run/probe_targets.hpp"
#include "cmd/run/probe_verdict.hpp"
#include "cmd/run/probe_view.hpp"
#include "core/base/clock.hpp"
#include "core/base/random.hpp"
#include "core/probe/poll_waiter.hpp"
#include "core/report/text_figures.hpp"

namespace netecho {
namespace {

/// Returns why this transport can't be measured with these options; none if it can.
std::optional<Error> unfit(const Endpoint& endpoint, const ProbeJob& job) {
  const std::size_t most = backend_of(endpoint).capabilities.max_message_bytes;
  if (most != 0 && job.probe.size_bytes > most) {
    return Error{ErrorCategory::usage, "probe", endpoint.uri(),
                 std::to_string(job.probe.size_bytes) + " bytes are above what it takes, " +
                     std::to_string(most)};
  }
  try {
    check_probe(endpoint, job, job.sweep.empty() ? "--size" : "--sweep");
    return std::nullopt;
  } catch (const Error& error) {
    return error;
  }
}

/// Warns of options that some transport can't honor; throws if none can.
void check_options(const std::vector<Loopback>& loopbacks, const ProbeJob& job) {
  std::vector<Endpoint> endpoints;
  endpoints.reserve(loopbacks.size());
  for (const Loopback& each : loopbacks) endpoints.push_back(each.endpoint);
  for (const ProbeJob& run : runs_of(job)) {
    const bool fits = std::any_of(endpoints.begin(), endpoints.end(),
                                  [&](const Endpoint& each) { return !unfit(each, run); });
    if (!fits && !endpoints.empty()) throw *unfit(endpoints.front(), run);
  }
  for (const std::string& warning :
       check_socket_options(endpoints, job.common.socket, Role::client)) {
    log_warning(warning);
  }
}

ProbeResult as_result(Summary summary) {
  return {.summary = std::move(summary), .flows = {}, .latency = nullptr};
}

/// Tells whether an error says that this machine has no such family, or no way to itself by it.
bool lacks_family(int error_number) noexcept {
  return error_number == EAFNOSUPPORT || error_number == EPROTONOSUPPORT ||
         error_number == EADDRNOTAVAIL || error_number == ENETUNREACH ||
         error_number == EHOSTUNREACH;
}

/// Tells whether this user may have no such socket.
bool lacks_right(const ErrorEvent& error) {
  return error.category == ErrorCategory::permission && error.operation == "socket";
}

/// Makes a result of what can't be measured here, which is a finding and no failure.
ProbeResult finding(const Loopback& loopback, const ProbeJob& job, const Error& error) {
  ProbeResult out = as_result(failed_summary(loopback.endpoint, job, error));
  out.summary.exit_code = 0;
  return out;
}

ProbeResult probe_one(const Loopback& loopback, const ProbeJob& job, Interrupt& interrupt,
                      QueueSink& sink, ProbeFiles& files, const Format& format) {
  if (loopback.error) return finding(loopback, job, *loopback.error);
  if (const auto why = unfit(loopback.endpoint, job)) return finding(loopback, job, *why);
  std::vector<ProbeTarget> targets;
  targets.push_back(make_target(loopback.endpoint, job));
  PollWaiter waiter{interrupt};
  const TextStyle style{.time = job.common.time};
  ProbeView view{job, format, sink, files, style};
  ProbeResult result = std::move(
      run_prober(std::move(targets), job.probe, system_clock(), waiter, view, random_u64())
          .front());
  const Summary& summary = result.summary;
  const bool never_began = summary.error && summary.scheduled_total == 0;
  if (!never_began) return result;
  if (lacks_family(summary.error->error_number) || lacks_right(*summary.error)) {
    result.summary.exit_code = 0;
  }
  return result;
}

/// Returns what went wrong, without what this machine just lacks.
std::vector<ErrorEvent> errors_of(const std::vector<ProbeResult>& results) {
  std::vector<ErrorEvent> out;
  for (const ProbeResult& result : results) {
    const Summary& summary = result.summary;
    if (summary.error && summary.exit_code != 0) out.push_back(*summary.error);
  }
  return out;
}

/// Returns the least or the greatest of those that were measured.
template <typename Better>
void keep(std::optional<Duration>& best, const std::optional<Duration>& value, Better better) {
  if (value && (!best || better(*value, *best))) best = value;
}

/// Describes the instrument itself over all transports: they share clock and scheduler.
std::string instrument_text(const std::vector<Summary>& summaries) {
  std::optional<Duration> clock_read;
  LatenessFigures wake_up;
  LatenessFigures lateness;
  for (const Summary& s : summaries) {
    keep(clock_read, s.clock_read, std::less<>{});
    keep(wake_up.p50, s.wake_up.p50, std::greater<>{});
    keep(wake_up.max, s.wake_up.max, std::greater<>{});
    keep(lateness.p50, s.send_lateness.p50, std::greater<>{});
    keep(lateness.max, s.send_lateness.max, std::greater<>{});
  }
  return "\nclock read " + figure_text(clock_read) + "; sleeps end late by p50 " +
         figure_text(wake_up.p50) + ", max " + figure_text(wake_up.max) +
         "; probes leave late by p50 " + figure_text(lateness.p50) + ", max " +
         figure_text(lateness.max) + "\n";
}

}  // namespace

int run_self_probe(const ProbeJob& typed) {
  const ProbeJob job = with_key(typed);
  Interrupt interrupt{SIGINT, SIGTERM, SIGHUP, SIGQUIT};
  std::vector<Served> sockets;
  const std::vector<Loopback> loopbacks = bind_loopbacks(sockets, backends(), job.common.family);
  check_options(loopbacks, job);
  warn_of_drawings(job);
  const LoopbackServer server{std::move(sockets), job.probe.key};

  const Format& format = chosen_format(job.common, Wanted::document);
  Output output{STDOUT_FILENO, "stdout"};
  const TextStyle style = text_style(job.common, STDOUT_FILENO);
  QueueSink sink{output, format, style, kMaxQueuedBytes};
  ProbeFiles files{job};
  std::vector<ProbeResult> results;
  for (const ProbeJob& each : runs_of(started(job))) {
    for (const Loopback& loopback : loopbacks) {
      if (!results.empty() && (results.back().summary.interrupted || sink.gone())) break;
      results.push_back(probe_one(loopback, each, interrupt, sink, files, format));
      files.result({&results.back(), 1});
      // What is measured here is the floor.
      results.back().summary.floor = results.back().summary.rtt.p50;
    }
  }
  judge(results, job);
  std::vector<ErrorEvent> errors = errors_of(results);
  tell_of_output(results, errors, sink, files);
  if (format.kind != FormatKind::words) {
    return show_results(results, errors, job, format, output, style, files);
  }
  const std::vector<Summary> summaries = summaries_of(results);
  output.write(with_time_of_day(comparison_table(summaries, style) + instrument_text(summaries),
                                realtime_now(), style.time.value_or(TimeOfDay::none)));
  report_failures(results, job);
  return code_of_run(summaries, errors, output);
}

}  // namespace netecho
