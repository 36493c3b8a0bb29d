#pragma once

/// \file
/// Engines emit these typed events, and renderers turn them into text or JSON. Each event type is a
/// struct of plain values. The names and the order that they have outside of the program stand
/// below it. An empty optional is JSON's null ("not measured").

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/base/units.hpp"
#include "core/facts/common_fields.hpp"
#include "core/facts/families.hpp"
#include "core/facts/fields.hpp"
#include "core/facts/reply.hpp"
#include "core/facts/run_detail.hpp"
#include "core/facts/server_stats.hpp"
#include "core/facts/summary.hpp"
#include "core/net/endpoint.hpp"

namespace netecho {

struct ListeningEvent {
  SocketDescription endpoint;
  bool inherited = false;
  std::uint64_t pid = 0;
};

template <>
struct Fields<ListeningEvent> {
  static constexpr std::string_view kType = "listening";
  static void visit(auto&& v, auto&... e) {
    v("endpoint", e.endpoint...);
    v("inherited", e.inherited...);
    v("pid", e.pid...);
  }
};

struct OpenEvent {
  std::uint64_t connection = 0;
  SocketDescription endpoint;
  std::optional<SocketDescription> peer;
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

enum class CloseReason : std::uint8_t { eof, reset, idle, stalled, drain, limit, auth, error };
[[nodiscard]] std::string_view to_string(CloseReason reason) noexcept;

struct CloseEvent {
  std::uint64_t connection = 0;
  SocketDescription endpoint;
  std::optional<SocketDescription> peer;
  CloseReason reason = CloseReason::eof;
  std::uint64_t rx_bytes = 0;
  std::uint64_t tx_bytes = 0;
  Duration duration{};
  std::optional<ErrorEvent> error;
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

struct DatagramEvent {
  SocketDescription endpoint;
  std::optional<SocketDescription> peer;
  std::uint64_t rx_bytes = 0;
  std::optional<DropReason> dropped;  ///< None: echoed.
  std::optional<PayloadSample> payload;
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

struct SummaryEvent {
  Summary summary;
};

template <>
struct Fields<SummaryEvent> {
  static constexpr std::string_view kType = "summary";
  static constexpr std::string_view kName = Fields<Summary>::kName;
  static void visit(auto&& v, auto&... e) { Fields<Summary>::visit(v, e.summary...); }
};

struct IntervalEvent {
  Summary summary;
};

template <>
struct Fields<IntervalEvent> {
  static constexpr std::string_view kType = "interval";
  static constexpr std::string_view kName = Fields<Summary>::kName;
  static void visit(auto&& v, auto&... e) { Fields<Summary>::visit(v, e.summary...); }
};

using EventBody =
    std::variant<ListeningEvent, OpenEvent, CloseEvent, DatagramEvent, StatsEvent, StoppedEvent,
                 ReplyEvent, IntervalEvent, SummaryEvent, FamiliesEvent, ErrorEvent>;

struct Event {
  WallTime time{};
  EventBody body;
};

/// This is the one object of `--format json` (send, probe).
struct ResultEvent {
  WallTime time{};
  std::string command;
  std::vector<Summary> targets;
  std::optional<std::vector<ReplyEvent>> replies;  ///< send only.
  std::vector<ErrorEvent> errors;
  int exit_code = 0;
  /// `probe` only: of each target, or null. JSON has none of it.
  std::vector<std::shared_ptr<const RunDetail>> details{};
};

}  // namespace netecho
