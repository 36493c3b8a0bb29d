#pragma once

/// \file
/// The handlers of one loop share its reactor, buffers, limits and counters, all on one thread.

#include <atomic>
#include <concepts>
#include <exception>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "core/base/buffer.hpp"
#include "core/base/clock.hpp"
#include "core/codec/session_table.hpp"
#include "core/codec/stamp.hpp"
#include "core/serve/activity_list.hpp"
#include "core/serve/server.hpp"
#include "core/serve/server_limits.hpp"

namespace netecho {

class ServedConnection;
class StreamConnection;

/// One read takes at most this much; a large bite pays only while nobody else waits.
inline constexpr std::size_t kReadBytes = 256 * 1024;
inline constexpr std::size_t kReadBytesWhileOthersWait = 64 * 1024;
/// The partial header of a frame may be held back so long (docs/wire-format.md).
inline constexpr Duration kHoldLimit = std::chrono::seconds{1};
/// An authenticated frame may be held so long: it cannot be verified before all of it is there.
inline constexpr Duration kWholeFrameLimit = std::chrono::seconds{10};

class ServerShared {
 public:
  ServerShared(Reactor& loop, const ServerOptions& server_options, ServerLimits& all_limits,
               EventSink& sink);

  Reactor& reactor;
  const ServerOptions& options;
  ServerLimits& limits;
  EventSink& events;

  /// Every stream connection receives here; the content never outlives one event.
  Buffer receive_buffer;
  /// Seqpacket connections receive one record at a time here, by the same rule.
  Batch record_batch;
  /// This sends one reply whose bytes are elsewhere (--impair).
  Batch one_reply;
  std::size_t impaired_bytes = 0;  ///< Under way in all impaired endpoints.
  SessionTable sessions;
  StampSource stamps;
  std::optional<AuthPolicy> auth;  ///< With a key; `stamps` goes by it.

  ActivityList connections;                ///< Open connections, the longest silent first …
  ActivityList stalled;                    ///< … but those that wait for their peer to read.
  std::vector<StreamConnection*> holding;  ///< Connections that hold back a partial header.
  std::size_t connections_open = 0;
  bool draining = false;

  std::function<void()> on_finished;        ///< A connection closed or datagrams were answered.
  std::function<void(Instant)> on_holding;  ///< Something is held, at most until then.
  std::function<void()> on_stalled;         ///< `stalled` was empty and is not any more.

  /// The stalled ones again, the longest stalled first. A peer that takes a little keeps its place.
  ActivityList stalled_by_age;
  std::atomic<Instant> longest_stall = kNever;  ///< When the first stalled, for all threads.
  /// Ends the longest stalled, because all that is stalled holds more than it may. Returns false if
  /// `latest`, which has only just stalled, was one of those.
  std::function<bool(ServedConnection& latest)> on_overfull;

  [[nodiscard]] Instant now() const noexcept { return reactor.now(); }
  /// Emits the event that `make()` returns. Returns false if there was no memory for it; then it is
  /// counted.
  template <std::invocable Make>
  bool emit(const Make& make) noexcept {
    try {
      tell(make());
      return true;
    } catch (const std::exception&) {
      limits.lost_event();
      return false;
    }
  }
  /// Reports that `operation` failed for want of memory, and again only after it was well for a
  /// while.
  void tell_no_memory(const char* operation, const EndpointStats& endpoint) noexcept;
  /// Warns, once a minute, that connections end for the memory that they hold.
  void tell_of_buffers() noexcept;
  /// Makes room in `holding` for all connections and one more, so that to hold something cannot
  /// fail.
  void make_room_to_hold();

 private:
  void tell(EventBody body);

  std::optional<Instant> no_memory_at_;  ///< When that was last seen.
};

}  // namespace netecho
