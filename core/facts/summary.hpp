#pragma once

/// \file
/// A run comes to these figures (docs/json.md, docs/metrics.md). A new one is a member of Summary
/// and a line in the fields below it.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/units.hpp"
#include "core/facts/common_fields.hpp"
#include "core/facts/distributions.hpp"
#include "core/facts/fields.hpp"
#include "core/facts/hop_limits.hpp"
#include "core/facts/losses.hpp"
#include "core/facts/reply.hpp"
#include "core/facts/stations.hpp"
#include "core/net/endpoint.hpp"
#include "core/net/path_info.hpp"

namespace netecho {

struct ThresholdResult {
  std::string expression;
  std::optional<double> value;
  bool held = false;
  std::optional<std::string> why;
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

enum class ProbeMode : std::uint8_t { echo, connect };
enum class WaitMode : std::uint8_t { block, spin };
enum class ScheduleKind : std::uint8_t { periodic, poisson, flood };
[[nodiscard]] std::string_view to_string(ProbeMode mode) noexcept;
[[nodiscard]] std::string_view to_string(WaitMode mode) noexcept;
[[nodiscard]] std::string_view to_string(ScheduleKind kind) noexcept;

/// These are one target's figures (docs/json.md, docs/metrics.md). Identities that always hold:
/// scheduled = sent + send_error + skipped; sent = received + lost + outstanding; lost = timeout +
/// mismatch + refused + unreachable; unanswered = lost + send_error + no_connection; no_connection
/// is a part of skipped.
struct Summary {
  SocketDescription target;
  std::optional<SocketDescription> peer;
  std::optional<SocketDescription> local;
  std::optional<std::uint32_t> flow;  ///< None: all flows together.
  ProbeMode mode = ProbeMode::echo;
  std::optional<WaitMode> wait;
  std::optional<ScheduleKind> schedule;  ///< None for `send`.
  std::uint64_t size_bytes = 0;
  TimestampSource timestamp_source = TimestampSource::user;
  std::optional<bool> stamped;  ///< None until a reply has told.
  std::optional<bool> authenticated;
  std::optional<Duration> connect;
  WallTime started{};  ///< When the run began, which an interim report is a part of.
  Duration duration{};
  bool interrupted = false;

  std::uint64_t scheduled_total = 0;
  std::uint64_t sent_total = 0;
  std::uint64_t received_total = 0;
  std::uint64_t lost_total = 0;
  std::uint64_t outstanding_total = 0;
  std::uint64_t skipped_total = 0;
  std::uint64_t send_error_total = 0;
  std::uint64_t timeout_total = 0;
  std::uint64_t mismatch_total = 0;
  std::uint64_t refused_total = 0;
  std::uint64_t unreachable_total = 0;
  std::uint64_t late_total = 0;
  std::uint64_t duplicate_total = 0;
  std::uint64_t reordered_total = 0;
  std::uint64_t no_connection_total = 0;  ///< The part of skipped_total that had no connection.
  std::uint64_t unanswered_total = 0;

  std::optional<double> loss_ratio;  ///< lost / (received + lost); none before either.
  /// unanswered / (received + unanswered), which leaves out ticks that are outstanding or that the
  /// instrument skipped by itself; none before any.
  std::optional<double> unanswered_ratio;
  std::optional<std::uint64_t> lost_forward_total;
  std::optional<std::uint64_t> lost_reverse_total;
  std::optional<double> achieved_per_second;
  std::uint64_t tx_bytes_total = 0;
  std::uint64_t rx_bytes_total = 0;

  LatencyFigures rtt;
  LatencyFigures response;
  VariationFigures rtt_variation;
  std::optional<Duration> jitter_rfc3550;
  LatencyFigures connect_time;
  LatencyFigures rtt_kernel;
  ResidenceFigures server_residence;
  OneWayFigures one_way;
  std::optional<LossRuns> loss_runs;
  std::vector<FailureReason> reasons;  ///< JSON's `send_errors` are those of send_error.
  /// Where nothing was an echo, this is the beginning of what came; none once there was a reply.
  std::optional<PayloadSample> foreign_reply;
  std::vector<Outage> outages;
  std::optional<TcpInfo> tcp_info;
  std::optional<MptcpInfo> mptcp;
  std::optional<std::uint64_t> path_mtu_bytes;
  std::optional<PathFigures> path;
  std::optional<std::vector<StationFigures>> stations;  ///< None: one peer was asked.

  LatenessFigures send_lateness;
  LatenessFigures send_call;
  std::optional<Duration> clock_read;
  LatenessFigures wake_up;        ///< How late the kernel ends a sleep; all targets of the run.
  std::optional<Duration> floor;  ///< Median RTT of this transport against itself.
  std::uint64_t discarded_total = 0;
  std::uint64_t events_dropped_total = 0;  ///< All targets of the run: stdout's reader was slow.

  std::vector<ThresholdResult> thresholds;
  std::optional<ErrorEvent> error;
  int exit_code = 0;
};

/// What the instrument knows of itself: outside of the program this is a group.
struct Instrument {
  const Summary& of;
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
    v("mptcp", s.mptcp...);
    v("path_mtu_bytes", s.path_mtu_bytes...);
    v("path", s.path...);
    v("stations", s.stations...);
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

/// Computes what follows from the other totals: what went unanswered, and the ratios.
void fill_ratios(Summary& summary) noexcept;

}  // namespace netecho
