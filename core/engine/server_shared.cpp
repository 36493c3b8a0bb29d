#include "core/engine/server_shared.hpp"

#include "core/base/random.hpp"
#include "core/codec/stream_framer.hpp"

namespace netecho {

namespace {
constexpr std::size_t kExpectedHolders = 1024;
/// A unix record can be as large as the sender's buffer. Untouched pages cost nothing.
constexpr std::size_t kRecordBytes = 16 * 1024 * 1024;
}  // namespace

ServerShared::ServerShared(Reactor& loop, const ServerOptions& server_options,
                           ServerLimits& all_limits, EventSink& sink)
    : reactor{loop},
      options{server_options},
      limits{all_limits},
      events{sink},
      receive_buffer(kReadBytes + StreamFramer::kMaxHeldBytes),
      record_batch{1, kRecordBytes},
      one_reply{1, 1},
      sessions{random_u64()},
      stamps{sessions, system_clock()} {
  holding.reserve(kExpectedHolders);
  if (options.key) {
    auth.emplace(*options.key, options.others, SessionTable{random_u64()});
    stamps.authenticate(*auth);
  }
}

void ServerShared::emit(EventBody body) {
  events.emit(Event{realtime_now(), std::move(body)});
}

}  // namespace netecho
