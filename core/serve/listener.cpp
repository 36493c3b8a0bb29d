#include "core/serve/listener.hpp"

#include <sys/epoll.h>

#include <cerrno>
#include <exception>

#include "core/base/error.hpp"
#include "core/net/socket_ends.hpp"
#include "core/serve/egress.hpp"

namespace netecho {
namespace {

/// So many connections are taken in a row before other sockets get their turn.
constexpr int kAcceptsPerEvent = 64;
/// If so many peers in a row are gone before they are taken, something lets none through (a
/// firewall or a security module).
constexpr int kFailuresInARow = 64;
/// If the whole machine ran out of descriptors, they come free where we do not see it.
constexpr Duration kRetryAfterExhaustion = std::chrono::milliseconds{200};

}  // namespace

Listener::Listener(ServerShared& shared, EndpointStats& endpoint,
                   std::unique_ptr<Acceptor> acceptor, bool records, Egress& egress)
    : shared_{shared},
      endpoint_{endpoint},
      acceptor_{std::move(acceptor)},
      retry_{shared.reactor.make_timer([this] { resume(); })},
      egress_{egress},
      records_{records} {
  watch();
}

/// Loops of other threads may watch the same socket: one of them is woken for a connection. Such a
/// watch cannot be modified (epoll_ctl(2)), so a pause takes it away.
void Listener::watch() {
  shared_.reactor.add(acceptor_->fd(), EPOLLIN | EPOLLEXCLUSIVE, *this);
}

void Listener::on_events(std::uint32_t /*events*/) noexcept {
  for (int i = 0; i < kAcceptsPerEvent; ++i) {
    auto permit = shared_.limits.admit_connection();
    if (!permit) return pause();
    UniqueFd connection;
    const AcceptResult accepted = acceptor_->accept(connection);
    switch (accepted.status) {
      case AcceptStatus::accepted:
        if (accepted.source && !permit->charge(*accepted.source)) {
          reject(std::move(connection));
          continue;
        }
        failures_ = 0;
        serve_connection(std::move(connection), *std::move(permit));
        if (paused_) return;
        continue;
      case AcceptStatus::refused:
        failures_ = 0;
        reject(std::move(connection));
        continue;
      case AcceptStatus::retry:
        if (++failures_ < kFailuresInARow) continue;
        return rest(accepted.error);
      case AcceptStatus::would_block:
        failures_ = 0;
        return;
      case AcceptStatus::exhausted:
        return rest(accepted.error);
      case AcceptStatus::failed:
        shared_.emit([&] {
          return error_event(SysError{"accept", endpoint_.endpoint.uri, accepted.error});
        });
        stop();
        return shared_.on_finished();
    }
  }
}

/// Reports an error once, however often it is tried again, and a second time only after it was well
/// for a while.
void Listener::tell_exhausted(int error) noexcept {
  constexpr Duration kWellAgain = std::chrono::seconds{10};
  const Instant now = shared_.now();
  const bool news = !exhausted_at_ || now - *exhausted_at_ > kWellAgain;
  exhausted_at_ = now;
  if (!news) return;
  shared_.emit([&] { return error_event(SysError{"accept", endpoint_.endpoint.uri, error}); });
}

/// Accepting fails again and again, so it is tried again in a moment and not in a loop.
void Listener::rest(int error) noexcept {
  tell_exhausted(error);
  failures_ = 0;
  retry_->set(shared_.now() + kRetryAfterExhaustion);
  pause();
}

void Listener::reject(UniqueFd connection) noexcept {
  ++endpoint_.rejected_total;
  if (shared_.options.trace == TraceLevel::none) return;
  shared_.emit([&] {
    return CloseEvent{.connection = shared_.limits.next_connection_number(),
                      .endpoint = endpoint_.endpoint,
                      .peer = describe_peer(connection.get(), endpoint_.kind),
                      .reason = CloseReason::limit,
                      .error = {}};
  });
}

void Listener::serve_connection(UniqueFd connection, ConnectionPermit permit) noexcept {
  try {
    if (records_) {
      egress_.serve_records(std::move(permit), acceptor_->make_port(std::move(connection)));
    } else {
      egress_.serve_stream(std::move(permit), ByteChannel{std::move(connection)});
    }
  } catch (const Error& error) {  // Epoll takes no more descriptors …
    ++endpoint_.rejected_total;
    rest(error.error_number());
  } catch (const std::exception&) {  // … or there is no memory: others live on.
    ++endpoint_.rejected_total;
    rest(ENOMEM);
  }
}

void Listener::pause() noexcept {
  if (stopped_ || std::exchange(paused_, true)) return;
  shared_.reactor.remove(acceptor_->fd(), *this);
}

void Listener::replace(std::unique_ptr<Acceptor> acceptor) noexcept {
  if (stopped_) return;
  pause();
  acceptor_ = std::move(acceptor);
  resume();
}

void Listener::resume() noexcept {
  if (stopped_ || !paused_) return;
  try {
    watch();
    paused_ = false;
  } catch (const std::exception&) {
    retry_->set(shared_.now() + kRetryAfterExhaustion);
  }
}

void Listener::stop() noexcept {
  if (std::exchange(stopped_, true)) return;
  retry_->cancel();
  if (!paused_) shared_.reactor.remove(acceptor_->fd(), *this);
  acceptor_.reset();
}

}  // namespace netecho
