#include <unistd.h>

#include <csignal>
#include <future>
#include <thread>

#include "cmd/probe_job.hpp"
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
  explicit LoopbackServer(std::vector<Served> sockets) {
    std::promise<void> ready;
    thread_ = std::thread{[this, &ready, held = std::move(sockets)]() mutable {
      const ServerOptions options{.idle_timeout = Duration::zero(),
                                  .signals = SignalHandling::ignore};
      static_cast<void>(
          run_server(reactor_, std::move(held), options, sink_, [&] { ready.set_value(); }));
    }};
    ready.get_future().wait();
  }
  LoopbackServer(const LoopbackServer&) = delete;
  LoopbackServer& operator=(const LoopbackServer&) = delete;
  ~LoopbackServer() {
    reactor_.stop();
    thread_.join();
  }

 private:
  Reactor reactor_;
  NullSink sink_;
  std::thread thread_;
};

/// Binds every transport; one that this machine lacks keeps its error.
std::vector<Loopback> bind_all(std::vector<Served>& sockets) {
  const std::string unique =
      std::to_string(::getpid()) + "-" + std::to_string(random_u64() % 1'000'000);
  std::vector<Loopback> out;
  for (const Backend& backend : backends()) {
    if (backend.loopback == nullptr) continue;
    for (const std::string& text : backend.loopback(unique)) {
      const Endpoint endpoint = parse_endpoint(text, Role::serve);
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

Summary probe_one(const Loopback& loopback, const ProbeJob& job, Interrupt& interrupt) {
  if (loopback.error) {
    Summary summary = failed_summary(loopback.endpoint, job, *loopback.error);
    summary.exit_code = 0;  // That a machine lacks a transport is a finding, not a failure.
    return summary;
  }
  PollWaiter waiter{interrupt};
  std::vector<ProbeTarget> targets;
  try {
    targets.push_back(make_target(loopback.endpoint, job, interrupt));
  } catch (const Error& error) {
    return failed_summary(loopback.endpoint, job, error);
  }
  return run_prober(std::move(targets), job.probe, system_clock(), waiter, nullptr, random_u64())
      .front();
}

}  // namespace

int run_self_probe(const ProbeJob& job) {
  Interrupt interrupt{SIGINT, SIGTERM, SIGHUP, SIGQUIT};
  std::vector<Served> sockets;
  const std::vector<Loopback> loopbacks = bind_all(sockets);
  for (const Loopback& each : loopbacks) check_probe(each.endpoint, job.probe);
  const LoopbackServer server{std::move(sockets)};

  ProbeJob timed = job;
  if (job.deadline) timed.probe.deadline = monotonic_now() + *job.deadline;
  std::vector<Summary> summaries;
  for (const Loopback& each : loopbacks) {
    summaries.push_back(probe_one(each, timed, interrupt));
    if (summaries.back().interrupted) break;
  }

  const int code = common_exit_code(summaries);
  const OutputFormat format = chosen_format(job.common, OutputFormat::json);
  Output output{STDOUT_FILENO, "stdout"};
  const TextStyle style{.colour = colour_for(STDOUT_FILENO, job.common.colour)};
  if (format == OutputFormat::text) {
    output.write(comparison_table(summaries, style));
  } else if (format == OutputFormat::json) {
    write_result(output, summaries, {}, code);
  } else {
    DirectSink sink{output, format, style};
    for (const Summary& summary : summaries) sink.emit({realtime_now(), SummaryEvent{summary}});
  }
  if (const auto error = output.error()) throw *error;
  return code;
}

}  // namespace netecho
