#include "core/engine/listener.hpp"

#include <sys/epoll.h>

#include <new>

#include "core/engine/impaired_messages.hpp"
#include "core/engine/impaired_stream.hpp"
#include "core/engine/message_echo.hpp"
#include "core/engine/stream_echo.hpp"

namespace netecho {
namespace {

/// Connections taken in a row before the others get their turn.
constexpr int kAcceptsPerEvent = 64;
/// Descriptors can come free where we do not see it (the whole machine ran out).
constexpr Duration kRetryAfterExhaustion = std::chrono::milliseconds{200};

}  // namespace

Listener::Listener(ServerShared& shared, EndpointStats& endpoint,
                   std::unique_ptr<Acceptor> acceptor, bool records,
                   const EndpointImpairment* impairment)
    : shared_{shared},
      endpoint_{endpoint},
      acceptor_{std::move(acceptor)},
      retry_{shared.reactor.make_timer([this] { resume(); })},
      impairment_{impairment},
      records_{records} {
  shared_.reactor.add(acceptor_->fd(), EPOLLIN, *this);
}

void Listener::on_events(std::uint32_t /*events*/) noexcept {
  for (int i = 0; i < kAcceptsPerEvent; ++i) {
    if (!shared_.admits_connection()) return pause();
    UniqueFd connection;
    const AcceptResult accepted = acceptor_->accept(connection);
    switch (accepted.status) {
      case AcceptStatus::accepted:
        serve_connection(std::move(connection));
        if (paused_) return;
        continue;
      case AcceptStatus::retry:
        continue;
      case AcceptStatus::would_block:
        return;
      case AcceptStatus::exhausted:
        retry_->set(shared_.now() + kRetryAfterExhaustion);
        return pause();
      case AcceptStatus::failed:
        shared_.emit(error_event(SysError{"accept", endpoint_.endpoint.uri, accepted.error}));
        stop();
        return shared_.on_finished();
    }
  }
}

void Listener::serve_connection(UniqueFd connection) {
  // The connections own themselves; finish() deletes them.
  try {
    if (impairment_ != nullptr) {
      serve_impaired(std::move(connection));
    } else if (records_) {
      new RecordConnection{shared_, endpoint_, acceptor_->make_port(std::move(connection))};
    } else {
      new StreamConnection{shared_, endpoint_, ByteChannel{std::move(connection)}};
    }
  } catch (const std::exception&) {
    // No memory, or epoll takes no more descriptors: this connection is closed, others live on.
    ++endpoint_.rejected_total;
    retry_->set(shared_.now() + kRetryAfterExhaustion);
    pause();
  }
}

void Listener::serve_impaired(UniqueFd connection) {
  if (records_) {
    ImpairedRecords::start(shared_, endpoint_, *impairment_,
                           acceptor_->make_port(std::move(connection)));
  } else {
    ImpairedStream::start(shared_, endpoint_, *impairment_, ByteChannel{std::move(connection)});
  }
}

void Listener::pause() noexcept {
  if (stopped_ || std::exchange(paused_, true)) return;
  shared_.reactor.modify(acceptor_->fd(), 0, *this);
}

void Listener::resume() noexcept {
  if (stopped_ || !paused_ || !shared_.admits_connection()) return;
  paused_ = false;
  shared_.reactor.modify(acceptor_->fd(), EPOLLIN, *this);
}

void Listener::stop() noexcept {
  if (std::exchange(stopped_, true)) return;
  retry_->cancel();
  shared_.reactor.remove(acceptor_->fd(), *this);
  acceptor_.reset();
}

}  // namespace netecho
