#include "cmd/run/loopback.hpp"

#include <unistd.h>

#include "cmd/run/log.hpp"
#include "cmd/run/probe_targets.hpp"
#include "core/base/clock.hpp"
#include "core/base/random.hpp"
#include "core/probe/poll_waiter.hpp"

namespace netecho {
namespace {

using namespace std::chrono_literals;

/// So many are enough for a median, at a pace at which cores sleep in between.
constexpr std::uint64_t kFloorProbes = 40;
constexpr Duration kFloorInterval = 1ms;

bool ruled_out(const Endpoint& endpoint, FamilyChoice family) {
  try {
    check_family({&endpoint, 1}, family);
    return false;
  } catch (const Error&) {
    return true;
  }
}

/// Binds one endpoint, or takes it as it is where nobody of this process has to answer.
void add_loopbacks(std::vector<Loopback>& out, std::vector<Served>& sockets, const Backend& backend,
                   const Endpoint& endpoint) {
  if (!backend.has_side(Role::serve)) return out.push_back({endpoint, std::nullopt});
  try {
    for (Served& socket : backend.serve(endpoint, {})) {
      out.push_back({parse_endpoint(socket.endpoint.uri, Role::client), std::nullopt});
      sockets.push_back(std::move(socket));
    }
  } catch (const Error& error) {
    out.push_back({endpoint, error});
  }
}

}  // namespace

std::vector<Loopback> bind_loopbacks(std::vector<Served>& sockets,
                                     std::span<const Backend> backends, FamilyChoice family) {
  const std::string unique =
      std::to_string(::getpid()) + "-" + std::to_string(random_u64() % 1'000'000);
  std::vector<Loopback> out;
  for (const Backend& backend : backends) {
    if (!backend.has_side(Role::client) || backend.loopback == nullptr) continue;
    const Role role = backend.has_side(Role::serve) ? Role::serve : Role::client;
    for (const std::string& text : backend.loopback(unique)) {
      const Endpoint endpoint = parse_endpoint(text, role);
      if (!ruled_out(endpoint, family)) add_loopbacks(out, sockets, backend, endpoint);
    }
  }
  return out;
}

LoopbackServer::LoopbackServer(std::vector<Served> sockets, std::shared_ptr<const AuthKey> key) {
  std::promise<void> ready;
  thread_ =
      std::thread{[this, &ready, held = std::move(sockets), shared = std::move(key)]() mutable {
        serve(std::move(held), std::move(shared), ready);
      }};
  try {
    ready.get_future().get();
  } catch (...) {
    thread_.join();
    throw;
  }
}

LoopbackServer::~LoopbackServer() {
  reactor_.stop();
  thread_.join();
}

void LoopbackServer::serve(std::vector<Served> sockets, std::shared_ptr<const AuthKey> key,
                           std::promise<void>& ready) {
  bool started = false;  // Once it is set, `ready` may be gone.
  try {
    const ServerOptions options{
        .idle_timeout = Duration::zero(), .signals = SignalHandling::ignore, .key = std::move(key)};
    static_cast<void>(run_server(reactor_, std::move(sockets), options, sink_, [&] {
      started = true;
      ready.set_value();
    }));
  } catch (const std::exception& error) {
    if (!started) return ready.set_exception(std::current_exception());
    print_error(error.what());  // The probes will be lost, which tells the rest.
  }
}

std::optional<Duration> loopback_floor(const Endpoint& endpoint, const ProbeJob& job,
                                       Interrupt& interrupt) try {
  if (monotonic_now() >= job.probe.deadline) return std::nullopt;
  std::vector<Served> sockets;
  const std::vector<Loopback> loopbacks =
      bind_loopbacks(sockets, {&backend_of(endpoint), 1}, job.common.family);
  if (loopbacks.empty() || loopbacks.front().error) return std::nullopt;
  std::optional<LoopbackServer> server;
  if (!sockets.empty()) server.emplace(std::move(sockets), job.probe.key);
  ProbeJob quick;
  quick.probe.count = kFloorProbes;
  quick.probe.interval = kFloorInterval;
  quick.probe.size_bytes = job.probe.size_bytes;
  quick.probe.wait = job.probe.wait;
  quick.probe.deadline = job.probe.deadline;
  quick.probe.key = job.probe.key;
  std::vector<ProbeTarget> targets;
  targets.push_back(make_target(loopbacks.front().endpoint, quick));
  PollWaiter waiter{interrupt};
  ProbeObserver nobody;
  return run_prober(std::move(targets), quick.probe, system_clock(), waiter, nobody, random_u64())
      .front()
      .summary.rtt.p50;
} catch (const std::exception&) {
  return std::nullopt;  // It only helps to judge what was measured.
}

}  // namespace netecho
