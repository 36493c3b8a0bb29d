#pragma once

/// \file
/// This is what became of one probe, or of one message of `send`.

#include <cstdint>
#include <optional>
#include <string_view>

#include "core/base/units.hpp"
#include "core/facts/common_fields.hpp"
#include "core/facts/fields.hpp"
#include "core/net/endpoint.hpp"
#include "core/net/icmp_error.hpp"

namespace netecho {

enum class ReplyStatus : std::uint8_t {
  ok,
  timeout,
  late,
  duplicate,
  mismatch,
  refused,
  unreachable,
  send_error,
  skipped,
};
[[nodiscard]] std::string_view to_string(ReplyStatus status) noexcept;

enum class TimestampSource : std::uint8_t { user, kernel };
[[nodiscard]] std::string_view to_string(TimestampSource source) noexcept;

struct ReplyEvent {
  SocketDescription target;
  std::uint32_t flow = 0;
  std::uint64_t sequence = 0;
  ReplyStatus status = ReplyStatus::ok;
  std::optional<Duration> rtt;
  std::optional<Duration> response;
  std::uint64_t size_bytes = 0;
  TimestampSource timestamp_source = TimestampSource::user;
  std::optional<Duration> server_residence;
  std::optional<PayloadSample> payload;
  int error_number = 0;                     ///< Why it was not sent or not answered; 0: null.
  std::optional<IcmpError> icmp{};          ///< What the network said of it.
  std::optional<SocketDescription> peer{};  ///< Who replied, where known.
  std::optional<std::uint8_t> hop_limit{};  ///< With what its reply arrived, where known.
  bool elsewhere = false;                   ///< `peer` is another than was asked.
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
    v("hop_limit", e.hop_limit...);
  }
};

}  // namespace netecho
