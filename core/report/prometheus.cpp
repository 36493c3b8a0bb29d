/// \file
/// The result of `probe` as metrics, for a collector that reads them from a file or a gateway that
/// they are pushed to. What a process says of itself (`process_*`) is left out: it has ended when
/// this is read, and the collector has metrics of these names of its own.

#include <algorithm>
#include <map>

#include "core/report/formats.hpp"
#include "core/report/prometheus_probe.hpp"

namespace netecho {
namespace {

using Summaries = std::vector<Summary>;

/// Adds a label to the series that have the same as another one.
template <typename LabelOf>
void tell_apart(std::vector<std::string>& series, const LabelOf& label_of) {
  std::map<std::string, std::vector<std::size_t>> same;
  for (std::size_t i = 0; i < series.size(); ++i) same[series[i]].push_back(i);
  for (const auto& [labels, places] : same) {
    if (places.size() > 1) label_of(places);
  }
}

/// A target that was measured several times has several series: those of a sweep are told apart by
/// their size, and others by their number, as flows are.
std::vector<std::string> labels_of(const Summaries& summaries) {
  std::vector<std::string> series;
  for (const Summary& s : summaries) {
    const auto& family = s.peer && s.peer->family ? s.peer->family : s.target.family;
    series.push_back(target_labels(s.target.uri, s.target.transport, family));
  }
  tell_apart(series, [&](const std::vector<std::size_t>& places) {
    const std::uint64_t first = summaries[places.front()].size_bytes;
    const auto as_first = [&](std::size_t i) { return summaries[i].size_bytes == first; };
    if (std::ranges::all_of(places, as_first)) return;
    for (const std::size_t i : places) {
      append_label(series[i], {"size_bytes", std::to_string(summaries[i].size_bytes)});
    }
  });
  tell_apart(series, [&](const std::vector<std::size_t>& places) {
    for (std::size_t n = 0; n < places.size(); ++n) {
      append_label(series[places[n]], {"flow", std::to_string(n)});
    }
  });
  return series;
}

/// The distributions of one target.
struct TargetBuckets {
  BucketCounts latency, response, server_residence;

  explicit TargetBuckets(const RunDetail* detail) {
    if (detail == nullptr) return;
    latency.add(detail->latency);
    latency.record_infinite(detail->unanswered);
    response.add(detail->response);
    response.record_infinite(detail->unanswered);
    server_residence.add(detail->server_residence);
  }
};

ProbeSeries series_of(const Summary& s, std::string labels, const RunDetail* detail,
                      const TargetBuckets& buckets) {
  const bool connects = s.mode == ProbeMode::connect;
  const bool floods = s.schedule == ScheduleKind::flood;
  ProbeSeries out{
      .labels = std::move(labels),
      .counts = {.sent = s.sent_total,
                 .received = s.received_total,
                 .send_errors = s.send_error_total,
                 .skipped = s.skipped_total,
                 .duplicate = s.duplicate_total,
                 .reordered = s.reordered_total,
                 .late = s.late_total,
                 .timeout = s.timeout_total,
                 .mismatch = s.mismatch_total,
                 .refused = s.refused_total,
                 .unreachable = s.unreachable_total},
      .lost_forward = s.lost_forward_total,
      .lost_reverse = s.lost_reverse_total,
      .rtt = connects ? nullptr : &buckets.latency,
      .connect_time = connects ? &buckets.latency : nullptr,
      .response = floods ? nullptr : &buckets.response,
      .server_residence = is_measured(s.server_residence) ? &buckets.server_residence : nullptr,
      .up = detail != nullptr && detail->answered_lately,
      .jitter = s.jitter_rfc3550,
      .path_mtu_bytes = s.path_mtu_bytes};
  if (s.path && s.path->reply_hop_limit) out.reply_hop_limit = s.path->reply_hop_limit->min;
  return out;
}

const RunDetail* run_detail(const ResultEvent& result, std::size_t target) noexcept {
  return target < result.details.size() ? result.details[target].get() : nullptr;
}

/// A flood has no ticks that it could be late for.
bool has_ticks(const Summary& s) noexcept {
  return s.schedule != ScheduleKind::flood;
}

}  // namespace

void append_result_metrics(std::string& out, const ResultEvent& result, Exposition exposition) {
  std::vector<std::string> labels = labels_of(result.targets);
  std::vector<TargetBuckets> buckets;
  BucketCounts lateness;
  buckets.reserve(result.targets.size());  // What is in it stays where it is.
  std::vector<ProbeSeries> series;
  for (std::size_t i = 0; i < result.targets.size(); ++i) {
    const RunDetail* const detail = run_detail(result, i);
    buckets.emplace_back(detail);
    if (detail != nullptr) lateness.add(detail->send_lateness);
    series.push_back(series_of(result.targets[i], std::move(labels[i]), detail, buckets.back()));
  }
  append_probe_metrics(out, series, exposition);
  if (std::ranges::any_of(result.targets, has_ticks)) {
    append_send_lateness(out, lateness, exposition);
  }
}

std::string prometheus_document(const ResultEvent& result) {
  std::string out;
  append_build_info(out, Exposition::text);
  append_result_metrics(out, result, Exposition::text);
  append_end(out, Exposition::text);
  return out;
}

}  // namespace netecho
