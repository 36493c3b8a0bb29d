#pragma once

/// \file
/// These are the fields of every event (docs/json.md): a new counter of `serve` is a line here.

#include <array>
#include <optional>
#include <string_view>

#include "core/facts/summary_fields.hpp"

namespace netecho {

template <>
struct Fields<ListeningEvent> {
  static constexpr std::string_view kType = "listening";
  static void visit(auto&& v, auto&... e) {
    v("endpoint", e.endpoint...);
    v("inherited", e.inherited...);
    v("pid", e.pid...);
  }
};

template <>
struct Fields<OpenEvent> {
  static constexpr std::string_view kType = "open";
  static void visit(auto&& v, auto&... e) {
    v("connection", e.connection...);
    v("endpoint", e.endpoint...);
    v("peer", e.peer...);
  }
};

template <>
struct Fields<CloseEvent> {
  static constexpr std::string_view kType = "close";
  static void visit(auto&& v, auto&... e) {
    v("connection", e.connection...);
    v("endpoint", e.endpoint...);
    v("peer", e.peer...);
    v("reason", e.reason...);
    v("rx_bytes", e.rx_bytes...);
    v("tx_bytes", e.tx_bytes...);
    v("duration_ns", e.duration...);
    v("error", e.error...);
  }
};

enum class DatagramAction : std::uint8_t { echoed, dropped };
[[nodiscard]] std::string_view to_string(DatagramAction action) noexcept;

template <>
struct Fields<DatagramEvent> {
  static constexpr std::string_view kType = "datagram";
  static DatagramAction action(const DatagramEvent& e) noexcept {
    return e.dropped ? DatagramAction::dropped : DatagramAction::echoed;
  }
  static void visit(auto&& v, auto&... e) {
    v("endpoint", e.endpoint...);
    v("peer", e.peer...);
    v("rx_bytes", e.rx_bytes...);
    v("action", action(e)...);
    v("reason", e.dropped...);
    v("payload", e.payload...);
  }
};

template <>
struct Fields<ImpairedTotals> {
  static void visit(auto&& v, auto&... t) {
    v("loss", t.loss...);
    v("dup", t.dup...);
    v("reorder", t.reorder...);
    v("corrupt", t.corrupt...);
    v("delayed", t.delayed...);
  }
};

template <>
struct Fields<DropCounts> {
  static void visit(auto&& v, auto&... counts) {
    for (std::size_t i = 0; i < kDropReasonCount; ++i) {
      v(to_string(static_cast<DropReason>(i)), counts[i]...);
    }
  }
};

template <>
struct Fields<EndpointStats> {
  static constexpr std::string_view kName = "endpoint_stats";
  static void visit(auto&& v, auto&... s) {
    v("endpoint", s.endpoint...);
    v("connections_open", s.connections_open...);
    v("accepted_total", s.accepted_total...);
    v("rejected_total", s.rejected_total...);
    v("rx_bytes_total", s.rx_bytes_total...);
    v("tx_bytes_total", s.tx_bytes_total...);
    v("rx_messages_total", s.rx_messages_total...);
    v("tx_messages_total", s.tx_messages_total...);
    v("frames_stamped_total", s.frames_stamped_total...);
    v("framing_lost_total", s.framing_lost_total...);
    v("stalled_bytes", s.stalled_bytes...);
    v("dropped_total", s.dropped_total...);
    v("kernel_drop_buffers_total", s.kernel_drop_buffers_total...);
    v("impaired_total", s.impaired_total...);
  }
};

template <>
struct Fields<StatsEvent> {
  static constexpr std::string_view kType = "stats";
  static void visit(auto&& v, auto&... e) {
    v("uptime_ns", e.uptime...);
    v("reason", no_reason(e)...);
    rest(v, e...);
  }
  static Nothing no_reason(const StatsEvent& /*event*/) noexcept { return {}; }
  static void rest(auto&& v, auto&... e) {
    v("events_dropped_total", e.events_dropped_total...);
    v("stalled_bytes", e.stalled_bytes...);
    v("endpoints", e.endpoints...);
  }
};

template <>
struct Fields<StoppedEvent> {
  static constexpr std::string_view kType = "stopped";
  static void visit(auto&& v, auto&... e) {
    v("uptime_ns", e.stats.uptime...);
    v("reason", e.reason...);
    Fields<StatsEvent>::rest(v, e.stats...);
  }
};

template <>
struct Fields<ReplyEvent> {
  static constexpr std::string_view kType = "reply";
  static void visit(auto&& v, auto&... e) {
    v("target", e.target...);
    v("flow", e.flow...);
    v("sequence", e.sequence...);
    v("status", e.status...);
    v("rtt_ns", e.rtt...);
    v("response_ns", e.response...);
    v("size_bytes", e.size_bytes...);
    v("timestamp_source", e.timestamp_source...);
    v("server_residence_ns", e.server_residence...);
    v("payload", e.payload...);
    v("errno_name", ErrnoName{e.error_number}...);
    v("icmp", e.icmp...);
    v("peer", e.peer...);
  }
};

template <>
struct Fields<SummaryEvent> {
  static constexpr std::string_view kType = "summary";
  static constexpr std::string_view kName = Fields<Summary>::kName;
  static void visit(auto&& v, auto&... e) { Fields<Summary>::visit(v, e.summary...); }
};

template <>
struct Fields<IntervalEvent> {
  static constexpr std::string_view kType = "interval";
  static constexpr std::string_view kName = Fields<Summary>::kName;
  static void visit(auto&& v, auto&... e) { Fields<Summary>::visit(v, e.summary...); }
};

}  // namespace netecho
