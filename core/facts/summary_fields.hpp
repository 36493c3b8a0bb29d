#pragma once

/// \file
/// These are the fields of a summary (docs/json.md, docs/metrics.md): a new figure is a line here.

#include <optional>
#include <string_view>
#include <vector>

#include "core/facts/common_fields.hpp"

namespace netecho {

[[nodiscard]] inline bool is_measured(const LatencyFigures& f) noexcept {
  return f.min.has_value();
}
[[nodiscard]] inline bool is_measured(const VariationFigures& f) noexcept {
  return f.max.has_value();
}
[[nodiscard]] inline bool is_measured(const ResidenceFigures& f) noexcept {
  return f.min.has_value();
}
[[nodiscard]] inline bool is_measured(const OneWayFigures& f) noexcept {
  return is_measured(f.forward) || is_measured(f.reverse);
}

/// A distribution that was not measured is null as a whole.
template <typename Figures>
[[nodiscard]] std::optional<Figures> if_measured(const Figures& figures) {
  return is_measured(figures) ? std::optional{figures} : std::nullopt;
}

template <>
struct Fields<LatencyFigures> {
  static constexpr std::string_view kName = "latency";
  static void visit(auto&& v, auto&... f) {
    v("min", f.min...);
    v("mean", f.mean...);
    v("stddev", f.stddev...);
    v("p25", f.p25...);
    v("p50", f.p50...);
    v("p75", f.p75...);
    v("p90", f.p90...);
    v("p95", f.p95...);
    v("p99", f.p99...);
    v("p999", f.p999...);
    v("p9999", f.p9999...);
    v("max", f.max...);
  }
};

template <>
struct Fields<VariationFigures> {
  static void visit(auto&& v, auto&... f) {
    v("mean", f.mean...);
    v("p50", f.p50...);
    v("p95", f.p95...);
    v("p99", f.p99...);
    v("max", f.max...);
  }
};

template <>
struct Fields<ResidenceFigures> {
  static void visit(auto&& v, auto&... f) {
    v("min", f.min...);
    v("mean", f.mean...);
    v("p50", f.p50...);
    v("p99", f.p99...);
    v("max", f.max...);
  }
};

template <>
struct Fields<LatenessFigures> {
  static void visit(auto&& v, auto&... f) {
    v("mean", f.mean...);
    v("p50", f.p50...);
    v("p99", f.p99...);
    v("max", f.max...);
  }
};

template <>
struct Fields<OneWayFigures> {
  static void visit(auto&& v, auto&... f) {
    v("forward", f.forward...);
    v("reverse", f.reverse...);
  }
};

template <>
struct Fields<LossRuns> {
  static void visit(auto&& v, auto&... r) {
    v("count", r.count...);
    v("longest", r.longest...);
    v("longest_ns", r.longest_time...);
  }
};

template <>
struct Fields<Outage> {
  static void visit(auto&& v, auto&... o) {
    v("start", o.start...);
    v("duration_ns", o.duration...);
    v("probes", o.probes...);
  }
};

template <>
struct Fields<TcpInfo> {
  static void visit(auto&& v, auto&... i) {
    v("rtt_ns", i.rtt...);
    v("rttvar_ns", i.rttvar...);
    v("retransmits_total", i.retransmits_total...);
    v("cwnd", i.cwnd...);
    v("mss_bytes", i.mss_bytes...);
    v("path_mtu_bytes", i.path_mtu_bytes...);
  }
};

template <>
struct Fields<ThresholdResult> {
  static void visit(auto&& v, auto&... t) {
    v("expression", t.expression...);
    v("value", t.value...);
    v("held", t.held...);
    v("why", t.why...);
  }
};

/// Holds a reason for which probes could not be sent, and how many they were.
struct SendError {
  std::string errno_name;  ///< "other": not known, or one of many.
  std::uint64_t count = 0;
};
[[nodiscard]] std::vector<SendError> send_errors(const std::vector<FailureReason>& reasons);

template <>
struct Fields<SendError> {
  static void visit(auto&& v, auto&... e) {
    v("errno_name", e.errno_name...);
    v("count", e.count...);
  }
};

/// What the instrument knows of itself.
struct Instrument {
  const Summary& of;
};

template <>
struct Fields<Instrument> {
  static void visit(auto&& v, auto&... i) {
    v("send_lateness_ns", i.of.send_lateness...);
    v("send_call_ns", i.of.send_call...);
    v("clock_read_ns", i.of.clock_read...);
    v("wake_up_ns", i.of.wake_up...);
    v("floor_ns", i.of.floor...);
    v("discarded_total", i.of.discarded_total...);
    v("events_dropped_total", i.of.events_dropped_total...);
  }
};

template <>
struct Fields<Summary> {
  static constexpr std::string_view kName = "summary_fields";
  static void visit(auto&& v, auto&... s) {
    v("target", s.target...);
    v("peer", s.peer...);
    v("local", s.local...);
    v("flow", s.flow...);
    v("mode", s.mode...);
    v("wait", s.wait...);
    v("schedule", s.schedule...);
    v("size_bytes", s.size_bytes...);
    v("timestamp_source", s.timestamp_source...);
    v("stamped", s.stamped...);
    v("authenticated", s.authenticated...);
    v("connect_ns", s.connect...);
    v("started", s.started...);
    v("duration_ns", s.duration...);
    v("interrupted", s.interrupted...);
    counters(v, s...);
    v("loss_ratio", Ratio{s.loss_ratio}...);
    v("unanswered_ratio", Ratio{s.unanswered_ratio}...);
    v("lost_forward_total", s.lost_forward_total...);
    v("lost_reverse_total", s.lost_reverse_total...);
    v("achieved_per_second", s.achieved_per_second...);
    v("tx_bytes_total", s.tx_bytes_total...);
    v("rx_bytes_total", s.rx_bytes_total...);
    figures(v, s...);
    v("send_errors", send_errors(s.reasons)...);
    v("foreign_reply", s.foreign_reply...);
    v("outages", s.outages...);
    v("tcp_info", s.tcp_info...);
    v("path_mtu_bytes", s.path_mtu_bytes...);
    v("instrument", Instrument{s}...);
    v("thresholds", s.thresholds...);
    v("error", s.error...);
    v("exit_code", ExitCode{s.exit_code}...);
  }

 private:
  static void counters(auto&& v, auto&... s) {
    v("scheduled_total", s.scheduled_total...);
    v("sent_total", s.sent_total...);
    v("received_total", s.received_total...);
    v("lost_total", s.lost_total...);
    v("outstanding_total", s.outstanding_total...);
    v("skipped_total", s.skipped_total...);
    v("send_error_total", s.send_error_total...);
    v("timeout_total", s.timeout_total...);
    v("mismatch_total", s.mismatch_total...);
    v("refused_total", s.refused_total...);
    v("unreachable_total", s.unreachable_total...);
    v("late_total", s.late_total...);
    v("duplicate_total", s.duplicate_total...);
    v("reordered_total", s.reordered_total...);
    v("no_connection_total", s.no_connection_total...);
    v("unanswered_total", s.unanswered_total...);
  }
  static void figures(auto&& v, auto&... s) {
    v("rtt_ns", s.rtt...);
    v("response_ns", s.response...);
    v("rtt_variation_ns", if_measured(s.rtt_variation)...);
    v("jitter_rfc3550_ns", s.jitter_rfc3550...);
    v("connect_time_ns", if_measured(s.connect_time)...);
    v("rtt_kernel_ns", if_measured(s.rtt_kernel)...);
    v("server_residence_ns", if_measured(s.server_residence)...);
    v("one_way_ns", if_measured(s.one_way)...);
    v("loss_runs", s.loss_runs...);
  }
};

}  // namespace netecho
