#pragma once

/// \file
/// `serve` counts these (docs/json.md). A new counter is a member of EndpointStats and a line in
/// the fields below it.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "core/base/units.hpp"
#include "core/facts/fields.hpp"
#include "core/net/endpoint.hpp"

namespace netecho {

enum class DropReason : std::uint8_t {
  source_port,
  loop,
  multicast,
  rate,
  auth,
  truncated,
  ttl,
  no_return_address,
  peer_queue_full,
  send_error,
  not_allowed,
  impaired,
};
inline constexpr std::size_t kDropReasonCount = 12;
/// How many messages were dropped for each reason.
using DropCounts = std::array<std::uint64_t, kDropReasonCount>;
[[nodiscard]] std::string_view to_string(DropReason reason) noexcept;

template <>
struct Fields<DropCounts> {
  static void visit(auto&& v, auto&... counts) {
    for (std::size_t i = 0; i < kDropReasonCount; ++i) {
      v(to_string(static_cast<DropReason>(i)), counts[i]...);
    }
  }
};

/// Counts what one endpoint of `serve` did to its replies on purpose (--impair), each once it has
/// really happened.
struct ImpairedTotals {
  std::uint64_t loss = 0;
  std::uint64_t dup = 0;
  std::uint64_t reorder = 0;
  std::uint64_t corrupt = 0;
  std::uint64_t delayed = 0;
  bool operator==(const ImpairedTotals&) const = default;
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

/// Counters of one endpoint of `serve`.
struct EndpointStats {
  SocketDescription endpoint;
  SocketKind kind{};  ///< By which the other ends of its connections are described; not reported.
  std::uint64_t connections_open = 0;
  std::uint64_t accepted_total = 0;
  std::uint64_t rejected_total = 0;
  std::uint64_t rx_bytes_total = 0;
  std::uint64_t tx_bytes_total = 0;
  std::optional<std::uint64_t> rx_messages_total;  ///< None on streams.
  std::optional<std::uint64_t> tx_messages_total;
  std::uint64_t frames_stamped_total = 0;
  std::uint64_t framing_lost_total = 0;
  std::uint64_t stalled_bytes = 0;  ///< What connections hold now for peers that do not read.
  DropCounts dropped_total{};
  std::optional<std::uint64_t> kernel_drop_buffers_total;
  std::optional<ImpairedTotals> impaired_total;  ///< None: nothing is impaired.
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

struct StatsEvent {
  Duration uptime{};
  std::uint64_t events_dropped_total = 0;
  std::vector<EndpointStats> endpoints;
  std::uint64_t stalled_bytes = 0;  ///< The sum over all endpoints, which --max-buffered bounds.
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

enum class StopReason : std::uint8_t { signal, max_accepts, error };
[[nodiscard]] std::string_view to_string(StopReason reason) noexcept;

struct StoppedEvent {
  StatsEvent stats;
  StopReason reason = StopReason::signal;
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

}  // namespace netecho
