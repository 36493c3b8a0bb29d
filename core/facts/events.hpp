#pragma once

/// \file
/// Engines emit these typed events, and renderers turn them into text or JSON. Each event type is a
/// struct of plain values. event_fields.hpp declares their names and order outside of the program.
/// An empty optional is JSON's null ("not measured").

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/base/error.hpp"
#include "core/base/units.hpp"
#include "core/net/endpoint.hpp"
#include "core/net/icmp_error.hpp"
#include "core/net/path_info.hpp"

namespace netecho {

/// These are bytes to show, cut to the limit that the user set.
struct PayloadSample {
  std::string data;  ///< Raw; at most the limit.
  std::uint64_t size_bytes = 0;
  bool truncated = false;
};

struct ListeningEvent {
  SocketDescription endpoint;
  bool inherited = false;
  std::uint64_t pid = 0;
};

struct OpenEvent {
  std::uint64_t connection = 0;
  SocketDescription endpoint;
  std::optional<SocketDescription> peer;
};

enum class CloseReason : std::uint8_t { eof, reset, idle, stalled, drain, limit, auth, error };
[[nodiscard]] std::string_view to_string(CloseReason reason) noexcept;

struct ErrorEvent {
  std::string operation;
  std::string endpoint;  ///< As typed; may be empty.
  ErrorCategory category = ErrorCategory::internal;
  int error_number = 0;  ///< 0: errno and errno_name are null.
  std::string message;   ///< The whole line, as on stderr, without "netecho: ".
  int exit_code = 70;
};
[[nodiscard]] ErrorEvent error_event(const Error& error);

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

struct DatagramEvent {
  SocketDescription endpoint;
  std::optional<SocketDescription> peer;
  std::uint64_t rx_bytes = 0;
  std::optional<DropReason> dropped;  ///< None: echoed.
  std::optional<PayloadSample> payload;
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

enum class StopReason : std::uint8_t { signal, max_accepts, error };
[[nodiscard]] std::string_view to_string(StopReason reason) noexcept;

struct StatsEvent {
  Duration uptime{};
  std::uint64_t events_dropped_total = 0;
  std::vector<EndpointStats> endpoints;
  std::uint64_t stalled_bytes = 0;  ///< The sum over all endpoints, which --max-buffered bounds.
};

struct StoppedEvent {
  StatsEvent stats;
  StopReason reason = StopReason::signal;
};

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
};

/// Fractional figures (mean, stddev) are rounded to whole nanoseconds, as JSON shows them.
struct LatencyFigures {
  std::optional<Duration> min, mean, stddev, p25, p50, p75, p90, p95, p99, p999, p9999, max;
};

struct OneWayFigures {
  LatencyFigures forward, reverse;
};

struct VariationFigures {
  std::optional<Duration> mean, p50, p95, p99, max;
};

struct ResidenceFigures {
  std::optional<Duration> min, mean, p50, p99, max;
};

struct LatenessFigures {
  std::optional<Duration> mean, p50, p99, max;
};

struct LossRuns {
  std::uint64_t count = 0;
  std::uint64_t longest = 0;
  Duration longest_time{};
};

/// How often a probe was not sent or not answered for one reason.
struct FailureReason {
  ReplyStatus status = ReplyStatus::send_error;  ///< Or refused, unreachable.
  int error_number = 0;                          ///< 0: not known, or one of many.
  std::optional<IcmpError> icmp{};
  std::uint64_t count = 0;
  bool operator==(const FailureReason&) const = default;
};

struct Outage {
  WallTime start{};
  Duration duration{};
  std::uint64_t probes = 0;
};

struct ThresholdResult {
  std::string expression;
  std::optional<double> value;
  bool held = false;
  std::optional<std::string> why;
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
  std::optional<std::uint64_t> path_mtu_bytes;

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

/// Computes what follows from the other totals: what went unanswered, and the ratios.
void fill_ratios(Summary& summary) noexcept;

struct SummaryEvent {
  Summary summary;
};

struct IntervalEvent {
  Summary summary;
};

using EventBody = std::variant<ListeningEvent, OpenEvent, CloseEvent, DatagramEvent, StatsEvent,
                               StoppedEvent, ReplyEvent, IntervalEvent, SummaryEvent, ErrorEvent>;

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
};

/// Engines put their events here. It never blocks the caller for its reader's sake.
class EventSink {
 public:
  virtual ~EventSink() = default;
  virtual void emit(Event event) = 0;
  /// How many events a full queue did not take (`events_dropped_total`).
  [[nodiscard]] virtual std::uint64_t dropped_total() const noexcept { return 0; }
  /// True once events reach nobody any more.
  [[nodiscard]] virtual bool gone() const noexcept { return false; }
  /// Returns a descriptor that becomes readable, for good, when gone() becomes true; or -1.
  [[nodiscard]] virtual int gone_fd() const noexcept { return -1; }
};

}  // namespace netecho
