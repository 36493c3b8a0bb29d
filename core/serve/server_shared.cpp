#include "core/serve/server_shared.hpp"

#include <cerrno>

#include "core/base/error.hpp"
#include "core/base/random.hpp"
#include "core/codec/stream_framer.hpp"

namespace netecho {

namespace {
constexpr std::size_t kExpectedHolders = 1024;
/// A unix record can be as large as its sender's buffer. Untouched pages cost nothing.
constexpr std::size_t kRecordBytes = 16 * 1024 * 1024;
}  // namespace

ServerShared::ServerShared(Reactor& loop, const ServerOptions& server_options,
                           ServerLimits& all_limits, EventSink& sink)
    : reactor{loop},
      options{server_options},
      limits{all_limits},
      receive_buffer(kReadBytes + StreamFramer::kMaxHeldBytes),
      record_batch{1, kRecordBytes},
      one_reply{1, 1},
      events_{sink},
      sessions_{random_u64()},
      stamps_{sessions_, system_clock()} {
  open.holding.reserve(kExpectedHolders);
  if (options.key) {
    auth_.emplace(*options.key, options.others, SessionTable{random_u64()});
    stamps_.authenticate(*auth_);
  }
}

void ServerShared::tell(EventBody body) {
  events_.emit(Event{realtime_now(), std::move(body)});
}

void ServerShared::tell_no_memory(const char* operation, const EndpointStats& endpoint) noexcept {
  constexpr Duration kWellAgain = std::chrono::seconds{10};
  const bool news = !no_memory_at_ || now() - *no_memory_at_ > kWellAgain;
  if (!news || emit([&] {
        return error_event(SysError{operation, endpoint.endpoint.uri, ENOMEM});
      })) {
    no_memory_at_ = now();
  }
}

void ServerShared::tell_of_buffers() noexcept try {
  if (options.warn == nullptr || !limits.tells_of_buffers(now())) return;
  options.warn(
      "ends the connections that have not read for longest: all that do not read would hold "
      "more than " +
      format_size(options.max_buffered) + " (--max-buffered)");
} catch (const std::exception&) {  // No memory for it; they end all the same.
}

}  // namespace netecho
