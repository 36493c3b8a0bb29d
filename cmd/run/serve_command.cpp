#include <unistd.h>

#include <algorithm>
#include <csignal>

#include "cmd/run/announce.hpp"
#include "cmd/run/log.hpp"
#include "cmd/run/serve_events.hpp"
#include "cmd/run/serve_impair.hpp"
#include "cmd/run/serve_metrics.hpp"
#include "cmd/run/serve_sandbox.hpp"
#include "cmd/run/watchdog.hpp"
#include "core/host/interrupt.hpp"
#include "core/host/key_file.hpp"
#include "core/host/rlimits.hpp"

namespace netecho {
namespace {

using namespace std::chrono_literals;

/// The last lines wait so long for a reader of stdout that does not read.
constexpr Duration kFlushPatience = 1s;

int descriptor_of(const ServedSocket& socket) {
  if (const auto* channel = std::get_if<ByteChannel>(&socket)) return channel->fd();
  if (const auto* port = std::get_if<std::unique_ptr<MessagePort>>(&socket)) return (*port)->fd();
  return std::get<std::unique_ptr<Acceptor>>(socket)->fd();
}

/// Throws if several endpoints name one descriptor that a parent left. REQUIRES: the last of
/// `sockets` is the one to be checked.
void check_not_taken(const std::vector<Served>& sockets, const Endpoint& endpoint) {
  const int fd = descriptor_of(sockets.back().socket);
  const auto same = [=](const Served& other) { return descriptor_of(other.socket) == fd; };
  if (std::count_if(sockets.begin(), sockets.end(), same) == 1) return;
  throw Error{ErrorCategory::usage, "adopt", endpoint.typed,
              "descriptor " + std::to_string(fd) + " is served by another endpoint already"};
}

std::vector<Served> open_all(const std::vector<Endpoint>& endpoints, const ServeJob& job) {
  std::vector<Served> sockets;
  for (const Endpoint& endpoint : endpoints) {
    for (Served& socket : backend_of(endpoint).serve(endpoint, job.sockets)) {
      sockets.push_back(std::move(socket));
      if (sockets.back().inherited) check_not_taken(sockets, endpoint);
    }
  }
  return sockets;
}

/// Counts what is open beside connections: each socket, with what tells it of its own addresses,
/// and a loop's own.
std::uint64_t other_descriptors(const ServeJob& job, std::span<const Served> sockets) {
  constexpr std::uint64_t kEachSocket = 3;  // The folder of a socket file is one of them.
  constexpr std::uint64_t kEachLoop = 3;
  std::uint64_t out = kOtherDescriptors + kEachLoop * job.sockets.threads;
  if (!job.metrics.empty()) out += ServeMetrics::descriptors();
  for (const Served& socket : sockets) out += kEachSocket * (1 + socket.siblings.size());
  return out;
}

}  // namespace

int run_serve(const ServeJob& job) {
  const std::vector<Endpoint> endpoints = parse_endpoints(job.endpoints, Role::serve, job.common);
  check_impairment(job, endpoints);
  std::optional<User> user;
  if (!job.user.empty()) user = find_user(job.user);
  ServerOptions options = job.server;
  if (!job.key_file.empty()) options.key = read_key_file(job.key_file);
  std::vector<Served> sockets = open_all(endpoints, job);
  std::optional<ServeMetrics> metrics;
  if (!job.metrics.empty()) options.counters = metrics.emplace(job.metrics).counters();
  announce_impairment(job, sockets);
  options.max_connections =
      fit_connections(job.server.max_connections, other_descriptors(job, sockets));
  if (options.max_connections < job.server.max_connections) {
    log_warning("at most " + std::to_string(options.max_connections) +
                " connections at once, not " + std::to_string(job.server.max_connections) +
                ": that is what the limit on open files (ulimit -n) allows");
  }
  // It is half, so that one source never keeps all others out.
  if (job.half_per_source) {
    options.max_per_source = std::max<std::size_t>(options.max_connections / 2, 1);
  }
  const std::string lines = endpoint_lines(sockets);

  const ServiceManager manager;
  if (user) leave_root(*user, sockets);
  check_sandbox(job, sockets);
  // Whoever reads the file may send a signal at once: it has to wait for the server.
  const Interrupt early_signals{SIGINT, SIGTERM, SIGHUP};
  announce_in_file(job.port_file, lines);
  // No thread runs yet, so that those to come are in it, too.
  options.bind_again = enter_sandbox(job, sockets);

  Output output{STDOUT_FILENO, "stdout"};
  ServeEvents events{output, job.common};
  Reactor reactor;
  const Watchdog watchdog{reactor, manager, watchdog_timeout()};
  const ServerOutcome outcome = run_server(reactor, std::move(sockets), options, events, [&] {
    if (metrics) metrics->start();
    announce(job, manager, lines);
  });
  manager.notify("STOPPING=1");
  if (events.flush(kFlushPatience)) {
    if (const auto error = output.error()) throw *error;
    if (output.broken_pipe()) return 0;
  }
  return outcome.reason == StopReason::error ? exit_code(ErrorCategory::connect) : 0;
}

}  // namespace netecho
