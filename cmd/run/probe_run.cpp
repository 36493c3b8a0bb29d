#include "cmd/run/probe_run.hpp"

#include <algorithm>
#include <map>

#include "cmd/run/loopback.hpp"
#include "cmd/run/probe_targets.hpp"
#include "core/base/clock.hpp"
#include "core/base/random.hpp"
#include "core/probe/poll_waiter.hpp"
#include "core/probe/target_source.hpp"

namespace netecho {
namespace {

using namespace std::chrono_literals;

/// Longer round trips than this are never the instrument's own.
constexpr Duration kNoFloorAbove = 500us;
/// Floors are measured after the run, so its end is put off by so much at the most.
constexpr Duration kFloorsWithin = 300ms;

/// Says how large the instrument's share is, where round trips are so short that it matters. It is
/// measured once a transport: all targets of a run have one size.
void find_floors(ProbeRun& run, const std::vector<Endpoint>& endpoints, const ProbeJob& job,
                 Interrupt& interrupt) {
  ProbeJob quick = job;
  quick.probe.deadline = std::min(job.probe.deadline, monotonic_now() + kFloorsWithin);
  std::map<const Backend*, std::optional<Duration>> floors;
  for (std::size_t i = 0; i < endpoints.size() && !run.interrupted; ++i) {
    Summary& summary = run.results[i].summary;
    if (!summary.rtt.p50 || *summary.rtt.p50 > kNoFloorAbove) continue;
    const auto [floor, fresh] = floors.try_emplace(&backend_of(endpoints[i]));
    if (fresh) floor->second = loopback_floor(endpoints[i], quick, interrupt);
    summary.floor = floor->second;
    for (Summary& flow : run.results[i].flows) flow.floor = summary.floor;
  }
}

}  // namespace

ProbeRun probe_side_by_side(const std::vector<Endpoint>& endpoints, const ProbeJob& job,
                            Interrupt& interrupt, const MakeObserver& make_observer) {
  std::vector<ProbeTarget> targets;
  targets.reserve(endpoints.size());
  for (const Endpoint& endpoint : endpoints) targets.push_back(make_target(endpoint, job));
  ProbeRun run;
  {
    FixedTargets source{std::move(targets)};
    const auto observer = make_observer();
    PollWaiter waiter{interrupt};
    run.results = run_prober(source, job.probe, system_clock(), waiter, *observer, random_u64());
  }
  for (const ProbeResult& result : run.results) {
    const Summary& summary = result.summary;
    run.interrupted = run.interrupted || summary.interrupted;
    if (summary.error) run.errors.push_back(*summary.error);
  }
  find_floors(run, endpoints, job, interrupt);
  return run;
}

}  // namespace netecho
