#include <sys/eventfd.h>

#include <csignal>
#include <optional>

#include "cmd/run/announce.hpp"
#include "cmd/run/http_listener.hpp"
#include "cmd/run/log.hpp"
#include "cmd/run/watch_pages.hpp"
#include "cmd/run/watch_sandbox.hpp"
#include "cmd/run/watch_targets.hpp"
#include "core/base/clock.hpp"
#include "core/base/random.hpp"
#include "core/host/key_file.hpp"
#include "core/host/rlimits.hpp"
#include "core/http/http_server.hpp"
#include "core/probe/poll_waiter.hpp"
#include "core/report/targets_reader.hpp"

namespace netecho {
namespace {

using namespace std::chrono_literals;

/// Look-ups, and connections that are being made, at the same time. Each of them ends within a
/// time-out, so that dead targets hold live ones up for no longer than it takes all of them to have
/// their turn.
constexpr std::size_t kWorkers = 32;

/// Tells the manager on the prober's own thread, when it is time: if that hangs, so does this.
class WatchPulse {
 public:
  explicit WatchPulse(const ServiceManager& manager) : manager_{manager} {
    if (const auto timeout = watchdog_timeout()) interval_ = *timeout / 2;
  }
  void beat() {
    if (!interval_ || monotonic_now() < next_) return;
    next_ = monotonic_now() + *interval_;
    manager_.ping();
  }

 private:
  const ServiceManager& manager_;
  std::optional<Duration> interval_;
  Instant next_{};
};

/// Where HTTP is answered, and all that the answers are made of.
class WatchServer {
 public:
  WatchServer(const WatchJob& job, WatchView view)
      : pages_{view, job},
        server_{open_http_listener(job.listen, "--listen"),
                [this](const HttpRequest& request) { return pages_.answer(request); }} {}

  [[nodiscard]] std::string address() const { return url_host(server_.address()); }
  void start() { server_.start(); }

 private:
  WatchPages pages_;
  HttpServer server_;
};

void announce_watch(const WatchJob& job, const ServiceManager& manager, const std::string& line) {
  announce_at_descriptor(job.ready_fd, line);
  manager.notify("READY=1\nSTATUS=watching");
}

/// What a run over all targets is asked for: the largest of them gives its buffers their size.
ProbeOptions run_options(const WatchJob& job) {
  ProbeOptions out = job.settings.probe;
  out.size_bytes = kMaxWatchBytes;
  return out;
}

/// A target has a socket, and a descriptor more while its connection is being made.
void make_room(std::size_t targets) {
  constexpr std::uint64_t kOwn = 128;  // HTTP's connections, and what reads the list.
  static_cast<void>(
      fit_connections(2 * std::max<std::size_t>(targets, 1), kOtherDescriptors + kOwn));
}

}  // namespace

int run_watch(const WatchJob& typed) {
  WatchJob job = typed;
  if (!job.probe.key_file.empty()) {
    job.settings.probe.key = job.probe.probe.key = read_key_file(job.probe.key_file);
  }
  std::optional<User> user;
  if (!job.user.empty()) user = find_user(job.user);
  const ServiceManager manager;
  // Where there is no file to be read again, a terminal that hangs up ends this, as it ends others.
  const bool reloads = WatchFile::changes(job);
  Interrupt interrupt = reloads ? Interrupt{SIGINT, SIGTERM} : Interrupt{SIGINT, SIGTERM, SIGHUP};
  Interrupt hangup = reloads ? Interrupt{SIGHUP} : Interrupt{};

  const UniqueFd stop{
      checked("eventfd", "", [] { return ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); })};
  FigureTable figures{job.settings.bounds};
  WatchInbox inbox;
  Workers workers{kWorkers};
  WatchedNames names{workers, job.settings.resolve_interval};
  TransportTargets targets{job, workers, figures, stop.get()};
  WatchPulse pulse{manager};
  WatchSource source{{.settings = job.settings,
                      .targets = targets,
                      .inbox = inbox,
                      .names = names,
                      .figures = figures,
                      .left_out =
                          [](const std::string& endpoint) {
                            log_warning(endpoint +
                                        ": some of its addresses are left out: --max-rate");
                          },
                      .alive = [&] { pulse.beat(); }}};
  WatchFile file{job, inbox, hangup, manager};
  const std::vector<WatchTarget> first = file.load();
  make_room(first.size() * job.settings.flows);
  std::optional<WatchServer> server;
  if (!job.listen.empty()) server.emplace(job, WatchView{figures, source, file, names});
  const std::string line = server ? "http://" + server->address() + "/\n" : "\n";
  if (user) leave_root_to_watch(*user, first);
  check_watch_sandbox(job);
  announce_in_file(job.port_file, line);
  enter_watch_sandbox(job);

  PollWaiter waiter{interrupt};
  file.start();
  if (server) {
    server->start();
    log_info("metrics: http://" + server->address() + "/metrics");
  }
  announce_watch(job, manager, line);
  static_cast<void>(
      run_prober(source, run_options(job), system_clock(), waiter, figures, random_u64()));
  manager.notify("STOPPING=1");
  ::eventfd_write(stop.get(), 1);  // Look-ups give up, so that their threads end.
  return 0;
}

}  // namespace netecho
