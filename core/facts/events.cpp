#include "core/facts/events.hpp"

#include "core/facts/event_fields.hpp"

namespace netecho {
namespace {

template <typename Enum, std::size_t kSize>
/// A name is empty behind the last value: names_of() counts on it.
constexpr std::string_view name_of(const std::array<std::string_view, kSize>& names, Enum value) {
  const auto index = static_cast<std::size_t>(value);
  return index < kSize ? names[index] : std::string_view{};
}

constexpr std::array<std::string_view, 8> kCloseReasons{"eof",   "reset", "idle", "stalled",
                                                        "drain", "limit", "auth", "error"};
constexpr std::array<std::string_view, kDropReasonCount> kDropReasons{"source_port",
                                                                      "loop",
                                                                      "multicast",
                                                                      "rate",
                                                                      "auth",
                                                                      "truncated",
                                                                      "ttl",
                                                                      "no_return_address",
                                                                      "peer_queue_full",
                                                                      "send_error",
                                                                      "not_allowed",
                                                                      "impaired"};
constexpr std::array<std::string_view, 3> kStopReasons{"signal", "max_accepts", "error"};
constexpr std::array<std::string_view, 9> kReplyStatuses{"ok",          "timeout",    "late",
                                                         "duplicate",   "mismatch",   "refused",
                                                         "unreachable", "send_error", "skipped"};
constexpr std::array<std::string_view, 2> kTimestampSources{"user", "kernel"};
constexpr std::array<std::string_view, 2> kProbeModes{"echo", "connect"};
constexpr std::array<std::string_view, 2> kWaitModes{"block", "spin"};
constexpr std::array<std::string_view, 2> kDatagramActions{"echoed", "dropped"};
constexpr std::array<std::string_view, 3> kScheduleKinds{"periodic", "poisson", "flood"};

}  // namespace

std::string_view to_string(CloseReason reason) noexcept {
  return name_of(kCloseReasons, reason);
}
std::string_view to_string(DropReason reason) noexcept {
  return name_of(kDropReasons, reason);
}
std::string_view to_string(StopReason reason) noexcept {
  return name_of(kStopReasons, reason);
}
std::string_view to_string(ReplyStatus status) noexcept {
  return name_of(kReplyStatuses, status);
}
std::string_view to_string(TimestampSource source) noexcept {
  return name_of(kTimestampSources, source);
}
std::string_view to_string(ProbeMode mode) noexcept {
  return name_of(kProbeModes, mode);
}
std::string_view to_string(WaitMode mode) noexcept {
  return name_of(kWaitModes, mode);
}
std::string_view to_string(ScheduleKind kind) noexcept {
  return name_of(kScheduleKinds, kind);
}

std::string_view to_string(DatagramAction action) noexcept {
  return name_of(kDatagramActions, action);
}

std::vector<SendError> send_errors(const std::vector<FailureReason>& reasons) {
  std::vector<SendError> out;
  for (const FailureReason& each : reasons) {
    if (each.status != ReplyStatus::send_error) continue;
    out.push_back({each.error_number != 0 ? errno_name(each.error_number) : "other", each.count});
  }
  return out;
}

void fill_ratios(Summary& s) noexcept {
  const auto share = [&](std::uint64_t part) -> std::optional<double> {
    const std::uint64_t decided = s.received_total + part;
    if (decided == 0) return std::nullopt;
    return static_cast<double>(part) / static_cast<double>(decided);
  };
  s.unanswered_total = s.lost_total + s.send_error_total + s.no_connection_total;
  s.loss_ratio = share(s.lost_total);
  s.unanswered_ratio = share(s.unanswered_total);
}

ErrorEvent error_event(const Error& error) {
  return {.operation = error.operation(),
          .endpoint = error.subject(),
          .category = error.category(),
          .error_number = error.error_number(),
          .message = error.what(),
          .exit_code = exit_code(error.category())};
}

}  // namespace netecho
