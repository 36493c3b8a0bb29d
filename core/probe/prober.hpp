#pragma once

/// \file
/// The job of `probe`: sends frames on a schedule of absolute deadlines and matches the replies.
/// Runs on an injected clock, waiter and ports, so a simulation drives it to exact figures.

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "core/base/clock.hpp"
#include "core/base/units.hpp"
#include "core/codec/auth.hpp"
#include "core/facts/summary.hpp"
#include "core/probe/probe_observer.hpp"
#include "core/probe/waiter.hpp"
#include "core/seam/byte_channel.hpp"
#include "core/seam/message_port.hpp"
#include "core/seam/wire_format.hpp"

namespace netecho {

/// Whether a connection that can't be made, or dropped, is made again for as long as there are
/// ticks.
enum class Reconnect : std::uint8_t { no, yes };
/// Whether this host's clock and the server's can be compared.
enum class HostClocks : std::uint8_t { unrelated, synchronized };

/// What a run keeps of its probes.
enum class Keep : std::uint8_t {
  figures,
  /// Counts alone, and nothing of a target that is gone: for a run without an end, whose observer
  /// keeps figures of its own. It is told in one of ticks that are skipped together.
  counts,
};

struct ProbeOptions {
  std::uint64_t count = 10;  ///< A flow; 0: as long as the schedule has ticks.
  Duration interval = std::chrono::milliseconds{100};  ///< Mean gap between ticks.
  Duration duration = Duration::max();                 ///< Length of the schedule.
  ScheduleKind schedule = ScheduleKind::periodic;
  std::uint32_t window = 1;  ///< Of a flood: probes outstanding at once.
  Duration timeout = std::chrono::seconds{1};
  Instant deadline = kNever;  ///< End of the whole run, whatever happens.
  std::uint32_t size_bytes = 64;
  std::uint64_t warmup = 0;
  ProbeMode mode = ProbeMode::echo;
  WaitMode wait = WaitMode::block;
  TimestampSource timestamps = TimestampSource::user;
  Reconnect reconnect = Reconnect::no;
  HostClocks clocks = HostClocks::unrelated;
  Keep keep = Keep::figures;
  /// Probes carry a tag, and only replies that do are taken; null: none. REQUIRES 48 bytes or more.
  std::shared_ptr<const AuthKey> key{};
  Duration report_interval = Duration::max();  ///< Between interim reports.
  Duration status_interval = Duration::max();  ///< Between looks at a running measurement.

  [[nodiscard]] bool floods() const noexcept { return schedule == ScheduleKind::flood; }
  [[nodiscard]] bool echoes() const noexcept { return mode == ProbeMode::echo; }
  /// Zero for a flood, which has none.
  [[nodiscard]] Duration mean_gap() const noexcept {
    return floods() ? Duration::zero() : interval;
  }
};

/// What one flow runs over.
struct ProbeConnection {
  std::unique_ptr<MessagePort> port;  ///< Null: the connection is still to be made.
  std::optional<SocketDescription> peer;
  std::optional<SocketDescription> local;
  std::optional<Duration> connect_time;
};

/// A connection that is being made, while others go on. Its destruction gives up.
class Reopening {
 public:
  virtual ~Reopening() = default;
  /// The connection, once; one without a port while it is being made. Throws Error when it could
  /// not be made.
  [[nodiscard]] virtual ProbeConnection poll() = 0;
};

/// One target: how it is named in reports, and its flows, at least one.
struct ProbeTarget {
  SocketDescription target;
  std::vector<ProbeConnection> flows;
  /// Makes a fresh connection to the same server; may be empty if all flows have one. Used for
  /// flows without a port, after a time-out of probes too small for a frame (on a new source port
  /// or connection no late reply is taken for a later one's), and to reconnect.
  std::function<std::unique_ptr<Reopening>()> reopen;
  /// A connection must be closed before the next can be made: it holds a port or a path.
  bool one_at_a_time = false;
  std::string_view wire_format = kFrames;  ///< What its probes and replies look like.
  /// Its own interval, time-out and size, all else as the run's, which has the largest size; null:
  /// those of the run.
  std::shared_ptr<const ProbeOptions> options{};
  /// When its first tick is due; none: it takes turns with those that come with it.
  std::optional<Instant> first_tick{};
};

class TargetSource;

/// Probes all targets side by side, each flow on a schedule of its own, and returns the results in
/// the order in which the targets came; none of a run that keeps counts alone. A flow begins once
/// its connection stands; when connections are made again (`reconnect`), it begins at once and
/// accounts for the ticks that had none. The schedule of a target that comes later begins then, and
/// has the same length and count. Throws a usage Error, and what `targets` throws. Session ids (and
/// the gaps of random schedules) come from `seed`.
[[nodiscard]] std::vector<ProbeResult> run_prober(TargetSource& targets,
                                                  const ProbeOptions& options, const Clock& clock,
                                                  Waiter& waiter, ProbeObserver& observer,
                                                  std::uint64_t seed);
/// The same over a list.
[[nodiscard]] std::vector<ProbeResult> run_prober(std::vector<ProbeTarget> targets,
                                                  const ProbeOptions& options, const Clock& clock,
                                                  Waiter& waiter, ProbeObserver& observer,
                                                  std::uint64_t seed);

/// A stream as a port: cuts what arrives into messages of `message_bytes`, keeps what a full socket
/// did not take.
[[nodiscard]] std::unique_ptr<MessagePort> make_stream_port(ByteChannel channel,
                                                            std::size_t message_bytes);

}  // namespace netecho
