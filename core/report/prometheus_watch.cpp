#include "core/report/prometheus_watch.hpp"

namespace netecho {
namespace {

constexpr MetricFamily kWatchTargets{"netecho_watch_targets", MetricType::gauge,
                                     "Targets of the list that is in force."};
constexpr MetricFamily kReloadSuccessful{"netecho_watch_last_reload_successful", MetricType::gauge,
                                         "Whether the list was taken when it was read last."};
constexpr MetricFamily kReloadTime{"netecho_watch_last_reload_timestamp_seconds", MetricType::gauge,
                                   "When a list was taken last, in seconds since 1970."};
constexpr MetricFamily kResolveFailures{"netecho_watch_resolve_failures", MetricType::counter,
                                        "Look-ups of a name that failed."};

}  // namespace

void append_watch_metrics(std::string& out, const WatchMetrics& watch, Exposition exposition) {
  FamilyText{out, kWatchTargets, exposition}.sample({}, watch.targets);
  FamilyText{out, kReloadSuccessful, exposition}.sample(
      {}, std::uint64_t{watch.reload_successful ? 1U : 0U});
  if (watch.reloaded) {
    FamilyText{out, kReloadTime, exposition}.sample({},
                                                    Duration{watch.reloaded->time_since_epoch()});
  }
  FamilyText failures{out, kResolveFailures, exposition};
  for (const auto& [host, count] : watch.resolve_failures) {
    std::string labels;
    append_label(labels, {"host", label_of_name(host)});
    failures.sample(labels, count);
  }
}

}  // namespace netecho
