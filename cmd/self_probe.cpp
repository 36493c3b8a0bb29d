#include <unistd.h>

#include <csignal>
#include <future>
#include <thread>

#include "cmd/log.hpp"
#include "cmd/probe_targets.hpp"
#include "core/base/random.hpp"
#include "core/engine/poll_waiter.hpp"
#include "core/engine/server.hpp"

namespace netecho {
namespace {

class NullSink final : public EventSink {
 public:
  void emit(Event /*event*/) override {}
};

/// One transport: its own endpoint, and what a client connects to.
struct Loopback {
  Endpoint endpoint;
  std::optional<Error> error;  ///< This machine lacks it.
};

/// A server inside the process, on a thread of its own; ends with the object.
class LoopbackServer {
 public:
  /// Returns once it serves. Throws what the server throws.
  explicit LoopbackServer(std::vector<Served> sockets) {
    std::promise<void> ready;
    thread_ = std::thread{
        [this, &ready, held = std::move(sockets)]() mutable { serve(std::move(held), ready); }};
    try {
      ready.get_future().get();
    } catch (...) {
      thread_.join();
      throw;
    }
  }
  LoopbackServer(const LoopbackServer&) = delete;
  LoopbackServer& operator=(const LoopbackServer&) = delete;
  ~LoopbackServer() {
    reactor_.stop();
    thread_.join();
  }

 private:
  void serve(std::vector<Served> sockets, std::promise<void>& ready) {
    bool started = false;  // From then on `ready` may be gone.
    try {
      const ServerOptions options{.idle_timeout = Duration::zero(),
                                  .signals = SignalHandling::ignore};
      static_cast<void>(run_server(reactor_, std::move(sockets), options, sink_, [&] {
        started = true;
        ready.set_value();
      }));
    } catch (const std::exception& error) {
      if (!started) return ready.set_exception(std::current_exception());
      print_error(error.what());  // Its probes will be lost, and say so.
    }
  }

  Reactor reactor_;
  NullSink sink_;
  std::thread thread_;
};

bool ruled_out(const Endpoint& endpoint, FamilyChoice family) {
  try {
    check_family({&endpoint, 1}, family);
    return false;
  } catch (const Error&) {
    return true;
  }
}

/// Binds every transport that -4 and -6 leave; one that this machine lacks keeps its error.
std::vector<Loopback> bind_all(std::vector<Served>& sockets, FamilyChoice family) {
  const std::string unique =
      std::to_string(::getpid()) + "-" + std::to_string(random_u64() % 1'000'000);
  std::vector<Loopback> out;
  for (const Backend& backend : backends()) {
    if (backend.loopback == nullptr) continue;
    for (const std::string& text : backend.loopback(unique)) {
      const Endpoint endpoint = parse_endpoint(text, Role::serve);
      if (ruled_out(endpoint, family)) continue;
      try {
        for (Served& socket : backend.serve(endpoint, {})) {
          out.push_back({parse_endpoint(socket.endpoint.uri, Role::client), std::nullopt});
          sockets.push_back(std::move(socket));
        }
      } catch (const Error& error) {
        out.push_back({endpoint, error});
      }
    }
  }
  return out;
}

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
                  EventSink* replies) {
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
  return run_prober(std::move(targets), job.probe, system_clock(), waiter, replies, random_u64())
      .front();
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
  const std::vector<Loopback> loopbacks = bind_all(sockets, job.common.family);
  check_options(loopbacks, job);
  const LoopbackServer server{std::move(sockets)};

  const OutputFormat format = chosen_format(job.common, OutputFormat::json);
  Output output{STDOUT_FILENO, "stdout"};
  const TextStyle style{.colour = colour_for(STDOUT_FILENO, job.common.colour)};
  DirectSink sink{output, format, style};
  EventSink* replies = format == OutputFormat::jsonl ? &sink : nullptr;

  const ProbeJob timed = started(job);
  std::vector<Summary> summaries;
  for (const Loopback& each : loopbacks) {
    summaries.push_back(probe_one(each, timed, interrupt, replies));
    if (replies != nullptr) sink.emit({realtime_now(), SummaryEvent{summaries.back()}});
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
