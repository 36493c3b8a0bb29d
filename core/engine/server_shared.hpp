#pragma once

/// \file
/// What the handlers of one server share: its loop, buffers, limits and counters. One thread.

#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "core/base/buffer.hpp"
#include "core/base/clock.hpp"
#include "core/codec/session_table.hpp"
#include "core/codec/stamp.hpp"
#include "core/engine/activity_list.hpp"
#include "core/engine/server.hpp"
#include "core/engine/server_limits.hpp"

namespace netecho {

class StreamConnection;

/// One read takes at most this much; a large bite pays only while nobody else waits.
inline constexpr std::size_t kReadBytes = 256 * 1024;
inline constexpr std::size_t kReadBytesWhileOthersWait = 64 * 1024;
/// How long the partial header of a frame may be held back (docs/wire-format.md).
inline constexpr Duration kHoldLimit = std::chrono::seconds{1};
/// The same of an authenticated frame, which cannot be verified before all of it is there.
inline constexpr Duration kWholeFrameLimit = std::chrono::seconds{10};

class ServerShared {
 public:
  ServerShared(Reactor& loop, const ServerOptions& server_options, ServerLimits& all_limits,
               EventSink& sink);

  Reactor& reactor;
  const ServerOptions& options;
  ServerLimits& limits;
  EventSink& events;

  /// Where every stream connection receives; its content never outlives one event.
  Buffer receive_buffer;
  /// One record at a time for seqpacket connections; the same rule.
  Batch record_batch;
  /// What sends one reply of which the bytes are elsewhere (--impair).
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

  std::function<void()> on_finished;  ///< A connection closed or datagrams were answered.
  std::function<void()> on_holding;   ///< `holding` was empty and is not any more.
  std::function<void()> on_stalled;   ///< So was `stalled`.

  [[nodiscard]] Instant now() const noexcept { return reactor.now(); }
  void emit(EventBody body);
};

}  // namespace netecho
