#pragma once

/// \file
/// The handlers of one loop share its reactor, buffers, limits and counters, all on one thread.

#include <concepts>
#include <exception>
#include <functional>
#include <optional>

#include "core/base/buffer.hpp"
#include "core/base/clock.hpp"
#include "core/codec/session_table.hpp"
#include "core/codec/stamp.hpp"
#include "core/serve/open_connections.hpp"
#include "core/serve/server.hpp"
#include "core/serve/server_limits.hpp"

namespace netecho {

class ServedConnection;

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

  /// Every stream connection receives here; the content never outlives one event.
  Buffer receive_buffer;
  /// Seqpacket connections receive one record at a time here, by the same rule.
  Batch record_batch;
  /// This sends one reply whose bytes are elsewhere (--impair).
  Batch one_reply;
  std::size_t impaired_bytes = 0;  ///< Under way in all impaired endpoints.

  OpenConnections open;

  std::function<void()> on_finished;        ///< A connection closed or datagrams were answered.
  std::function<void(Instant)> on_holding;  ///< Something is held, at most until then.
  std::function<void()> on_stalled;         ///< `open.stalled` was empty and is not any more.
  /// Ends the longest stalled, because all that is stalled holds more than it may. Returns false if
  /// `latest`, which has only just stalled, was one of those.
  std::function<bool(ServedConnection& latest)> on_overfull;

  [[nodiscard]] Instant now() const noexcept { return reactor.now(); }
  /// What stamps frames; with a key it verifies and signs them, too.
  [[nodiscard]] StampSource& stamps() noexcept { return stamps_; }
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

 private:
  void tell(EventBody body);

  EventSink& events_;
  SessionTable sessions_;
  std::optional<AuthPolicy> auth_;  ///< With a key.
  StampSource stamps_;
  std::optional<Instant> no_memory_at_;  ///< When that was last seen.
};

}  // namespace netecho
