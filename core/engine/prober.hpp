#pragma once

/// \file
/// The job of `probe`: sends frames on a schedule of absolute deadlines and matches the replies.
/// Runs on an injected clock, waiter and ports, so a simulation drives it to exact figures.

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "core/base/clock.hpp"
#include "core/base/units.hpp"
#include "core/engine/waiter.hpp"
#include "core/report/events.hpp"
#include "core/transport.hpp"

namespace netecho {

struct ProbeOptions {
  std::uint64_t count = 10;  ///< 0: until interrupted.
  Duration interval = std::chrono::milliseconds{100};
  Duration timeout = std::chrono::seconds{1};
  Instant deadline = kNever;  ///< End of the whole run, whatever happens.
  std::uint32_t size_bytes = 64;
  std::uint64_t warmup = 0;
  ProbeMode mode = ProbeMode::echo;
  WaitMode wait = WaitMode::block;
  std::size_t show_payload_bytes = 0;  ///< Of `reply` events; 0: none.
};

/// One target: its port, and how it is named in reports.
struct ProbeTarget {
  std::unique_ptr<MessagePort> port;
  SocketDescription target;
  std::optional<SocketDescription> peer;
  std::optional<SocketDescription> local;
  std::optional<Duration> connect_time;
  /// Makes a fresh port to the same server; may be empty. Used after a time-out of probes too small
  /// for a frame: on a new source port or connection no late reply is taken for a later one's.
  std::function<std::unique_ptr<MessagePort>()> reopen;
};

/// Probes all targets side by side, each on the same schedule, and returns their summaries in
/// order. Emits a `reply` event a probe when `replies` is set. Session ids come from
/// `session_seed`.
[[nodiscard]] std::vector<Summary> run_prober(std::vector<ProbeTarget> targets,
                                              const ProbeOptions& options, const Clock& clock,
                                              Waiter& waiter, EventSink* replies,
                                              std::uint64_t session_seed);

/// A stream as a port: cuts what arrives into messages of `message_bytes`, keeps what a full socket
/// did not take.
[[nodiscard]] std::unique_ptr<MessagePort> make_stream_port(ByteChannel channel,
                                                            std::size_t message_bytes);

}  // namespace netecho
