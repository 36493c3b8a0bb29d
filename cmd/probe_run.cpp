#include "cmd/probe_run.hpp"

#include <algorithm>
#include <map>

#include "cmd/loopback.hpp"
#include "cmd/probe_targets.hpp"
#include "core/base/clock.hpp"
#include "core/base/random.hpp"
#include "core/engine/poll_waiter.hpp"

namespace netecho {
namespace {

using namespace std::chrono_literals;

/// Longer round trips than this are never the instrument's own.
constexpr Duration kNoFloorAbove = 500us;
/// Floors are measured after the run, so its end is put off by so much at the most.
constexpr Duration kFloorsWithin = 300ms;

ProbeResult without_figures(Summary summary) {
  return {.summary = std::move(summary), .flows = {}, .latency = nullptr};
}

/// All targets of a run: those that could be connected are probed, the others have their result
/// already.
class Targets {
 public:
  /// Throws a usage Error, Interrupted.
  Targets(const std::vector<Endpoint>& endpoints, const ProbeJob& job, Interrupt& interrupt);

  [[nodiscard]] ProbeRun probe(const ProbeOptions& options, Interrupt& interrupt,
                               const MakeObserver& make_observer);

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

ProbeRun Targets::probe(const ProbeOptions& options, Interrupt& interrupt,
                        const MakeObserver& make_observer) {
  std::vector<ProbeResult> measured;
  if (!targets_.empty()) {
    std::vector<SocketDescription> names;
    for (const ProbeTarget& target : targets_) names.push_back(target.target);
    const auto observer = make_observer(std::move(names));
    PollWaiter waiter{interrupt};
    measured =
        run_prober(std::move(targets_), options, system_clock(), waiter, *observer, random_u64());
  }
  ProbeRun run{.results = {}, .errors = std::move(errors_)};
  auto next = measured.begin();
  for (std::optional<Summary>& failed : failed_) {
    run.results.push_back(failed ? without_figures(std::move(*failed)) : std::move(*next++));
    const Summary& summary = run.results.back().summary;
    run.interrupted = run.interrupted || summary.interrupted;
    if (failed || !summary.error) continue;
    print_error(summary.error->message);
    run.errors.push_back(*summary.error);
  }
  return run;
}

/// Where round trips are so short that the instrument's share may be large, says how large. That is
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
  try {
    ProbeRun run = Targets{endpoints, job, interrupt}.probe(job.probe, interrupt, make_observer);
    find_floors(run, endpoints, job, interrupt);
    return run;
  } catch (const Interrupted&) {
    ProbeRun run{.results = {}, .errors = {}, .interrupted = true};
    for (const Endpoint& endpoint : endpoints) {  // Before the first probe.
      run.results.push_back(without_figures(interrupted_summary(endpoint, job)));
    }
    return run;
  }
}

}  // namespace netecho
