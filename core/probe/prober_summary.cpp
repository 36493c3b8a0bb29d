#include "core/probe/prober_summary.hpp"

#include <algorithm>
#include <cstdint>

#include "core/facts/figures.hpp"

namespace netecho {
namespace {

/// Responses that never came count as +infinity: whatever they enter is not a number.
LatencyFigures response_figures(const Histogram& response, std::uint64_t infinite) noexcept {
  if (infinite == 0) return latency_figures(response);
  return {.min = response.min(),
          .mean = {},
          .stddev = {},
          .p25 = response.percentile(kP25, infinite),
          .p50 = response.percentile(kP50, infinite),
          .p75 = response.percentile(kP75, infinite),
          .p90 = response.percentile(kP90, infinite),
          .p95 = response.percentile(kP95, infinite),
          .p99 = response.percentile(kP99, infinite),
          .p999 = response.percentile(kP999, infinite),
          .p9999 = response.percentile(kP9999, infinite),
          .max = {}};
}

void fill_counts(Summary& summary, const FigureSet& figures) {
  const FlowCounts& counts = figures.counts;
  summary.scheduled_total = counts.scheduled();
  summary.sent_total = counts.sent;
  summary.received_total = counts.received;
  summary.lost_total = counts.lost();
  summary.outstanding_total = counts.sent - counts.received - counts.lost();
  summary.skipped_total = counts.skipped;
  summary.no_connection_total = counts.no_connection;
  summary.send_error_total = counts.send_errors;
  summary.timeout_total = counts.timeout;
  summary.mismatch_total = counts.mismatch;
  summary.refused_total = counts.refused;
  summary.unreachable_total = counts.unreachable;
  summary.late_total = counts.late;
  summary.duplicate_total = counts.duplicate;
  summary.reordered_total = counts.reordered;
  summary.tx_bytes_total = counts.tx_bytes;
  summary.rx_bytes_total = counts.rx_bytes;
  fill_ratios(summary);
  summary.reasons = counts.reasons.list();
  if (counts.scheduled() > 0) summary.achieved_per_second = figures.achieved_per_second;
  if (counts.sent + counts.send_errors + counts.no_connection > 0) {
    summary.loss_runs = figures.loss_runs;
  }
  summary.outages = figures.outages;
  summary.path = path_figures(counts.hop_limits);
  if (const auto& directions = figures.loss_directions) {
    summary.lost_forward_total = directions->forward;
    summary.lost_reverse_total = directions->reverse;
  }
}

std::vector<StationFigures> station_figures(const std::vector<StationResult>& stations) {
  std::vector<StationFigures> out;
  out.reserve(stations.size());
  for (const StationResult& each : stations) {
    out.push_back({.address = each.address,
                   .received_total = each.counts.received,
                   .duplicate_total = each.counts.duplicates,
                   .rtt = latency_figures(each.counts.rtt)});
  }
  return out;
}

VariationFigures variation_figures(const Histogram& variation) noexcept {
  return {.mean = variation.mean(),
          .p50 = variation.percentile(kP50),
          .p95 = variation.percentile(kP95),
          .p99 = variation.percentile(kP99),
          .max = variation.max()};
}

ResidenceFigures residence_figures(const Histogram& residence) noexcept {
  return {.min = residence.min(),
          .mean = residence.mean(),
          .p50 = residence.percentile(kP50),
          .p99 = residence.percentile(kP99),
          .max = residence.max()};
}

}  // namespace

LatenessFigures lateness_figures(const Histogram& histogram) noexcept {
  return {.mean = histogram.mean(),
          .p50 = histogram.percentile(kP50),
          .p99 = histogram.percentile(kP99),
          .max = histogram.max()};
}

void fill_figures(Summary& summary, const FigureSet& figures) {
  fill_counts(summary, figures);
  const RoundTripStatistics& statistics = figures.statistics;
  if (summary.mode == ProbeMode::connect) {
    summary.connect_time = latency_figures(statistics.rtt);
  } else {
    summary.rtt = latency_figures(statistics.rtt);
    summary.rtt_variation = variation_figures(statistics.rtt_variation);
    if (figures.jitter_flows > 0)
      summary.jitter_rfc3550 = figures.jitter_sum / figures.jitter_flows;
  }
  if (summary.schedule != ScheduleKind::flood) {
    summary.response = response_figures(statistics.response, statistics.unanswered());
    summary.send_lateness = lateness_figures(statistics.send_lateness);
  }
  summary.send_call = lateness_figures(statistics.send_call);
  summary.rtt_kernel = latency_figures(statistics.rtt_kernel);
  summary.server_residence = residence_figures(statistics.server_residence);
  summary.one_way.forward = latency_figures(statistics.one_way_forward);
  summary.one_way.reverse = latency_figures(statistics.one_way_reverse);
  summary.discarded_total = statistics.discarded;
  if (figures.stations) summary.stations = station_figures(*figures.stations);
}

PathInfo merged(std::span<const PathInfo> paths) noexcept {
  PathInfo out;
  TcpInfo all;
  std::int64_t connections = 0;
  for (const PathInfo& path : paths) {
    if (path.path_mtu_bytes) {
      out.path_mtu_bytes = std::min(out.path_mtu_bytes.value_or(UINT64_MAX), *path.path_mtu_bytes);
    }
    if (const auto& mptcp = path.mptcp) {
      const MptcpInfo before = out.mptcp.value_or(MptcpInfo{});
      out.mptcp = MptcpInfo{.fallback = before.fallback || mptcp->fallback,
                            .subflows = before.subflows + mptcp->subflows};
    }
    if (!path.tcp_info) continue;
    const TcpInfo& each = *path.tcp_info;
    const bool first = connections++ == 0;
    all.rtt += each.rtt;
    all.rttvar += each.rttvar;
    all.retransmits_total += each.retransmits_total;
    all.cwnd += each.cwnd;
    all.mss_bytes = first ? each.mss_bytes : std::min(all.mss_bytes, each.mss_bytes);
    all.path_mtu_bytes =
        first ? each.path_mtu_bytes : std::min(all.path_mtu_bytes, each.path_mtu_bytes);
  }
  if (connections == 0) return out;
  all.rtt /= connections;
  all.rttvar /= connections;
  out.tcp_info = all;
  return out;
}

}  // namespace netecho
