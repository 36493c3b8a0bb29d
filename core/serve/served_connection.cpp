#include "core/serve/served_connection.hpp"
#include "core/net/socket_ends.hpp"

#include <linux/sockios.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>

#include <cerrno>
#include <utility>

namespace netecho {
namespace {

std::optional<SocketDescription> copied(const std::unique_ptr<const SocketDescription>& peer) {
  return peer ? std::optional{*peer} : std::nullopt;
}

}  // namespace

ServedConnection::ServedConnection(const ServedEndpoint& endpoint, ConnectionPermit permit, int fd)
    : shared_{endpoint.shared},
      endpoint_{endpoint.stats},
      permit_{std::move(permit)},
      fd_{fd},
      number_{shared_.limits.next_connection_number()},
      opened_{shared_.now()},
      watched_{EPOLLIN} {
  const bool traced = shared_.options.trace != TraceLevel::none;
  if (auto peer = traced ? describe_peer(fd_, endpoint_.kind) : std::nullopt) {
    peer_ = std::make_unique<const SocketDescription>(*std::move(peer));
  }
  shared_.open.make_room_to_hold();
  shared_.reactor.add(fd_, watched_, *this);
  // From here on nothing throws, as others know of this connection.
  list().add(*this, opened_);
  ++shared_.open.count;
  ++endpoint_.connections_open;
  ++endpoint_.accepted_total;
  if (traced) {
    shared_.emit([this] { return OpenEvent{number_, endpoint_.endpoint, copied(peer_)}; });
  }
}

void ServedConnection::watch(std::uint32_t events) noexcept {
  if (events != std::exchange(watched_, events)) shared_.reactor.modify(fd_, events, *this);
}

CloseEvent ServedConnection::close_event(CloseReason reason, int error) const {
  CloseEvent event{.connection = number_,
                   .endpoint = endpoint_.endpoint,
                   .peer = copied(peer_),
                   .reason = reason,
                   .rx_bytes = rx_bytes_,
                   .tx_bytes = tx_bytes_,
                   .duration = shared_.now() - opened_,
                   .error = {}};
  if (reason == CloseReason::error) {
    event.error = error_event(SysError{"echo", endpoint_.endpoint.uri, error});
  }
  return event;
}

void ServedConnection::finish(CloseReason reason, int error) noexcept {
  const bool peer_is_gone = reason == CloseReason::reset || reason == CloseReason::error;
  drop_unsent(peer_is_gone ? DropReason::send_error : DropReason::peer_queue_full);
  if (shared_.options.trace != TraceLevel::none) {
    shared_.emit([&] { return close_event(reason, error); });
  }
  shared_.reactor.remove(fd_, *this);
  let_go();
  ActivityList::remove(*this);
  --shared_.open.count;
  --endpoint_.connections_open;
  shared_.limits.finished(1);
  ServerShared& shared = shared_;
  delete this;  // Closes the descriptor, so that a paused listener finds it free.
  shared.on_finished();
}

void ServedConnection::count(std::size_t rx_bytes, std::size_t tx_bytes) noexcept {
  rx_bytes_ += rx_bytes;
  tx_bytes_ += tx_bytes;
  touch();
}

bool ServedConnection::begin_stall(std::size_t held_bytes) noexcept {
  const bool first = shared_.open.stalled.empty();
  ActivityList::remove(*this);
  age_.owner = this;
  list().add(*this, shared_.now());
  not_taken_before_ = std::numeric_limits<int>::max();
  if (first) shared_.on_stalled();

  held_bytes_ = held_bytes;
  endpoint_.stalled_bytes += held_bytes;
  shared_.limits.hold(held_bytes);
  shared_.open.stalled_by_age.add(age_, monotonic_now());
  shared_.open.note_longest_stall();
  return !shared_.limits.holds_too_much() || shared_.on_overfull(*this);
}

/// Forgets what was held, if anything was.
void ServedConnection::let_go() noexcept {
  if (age_.owner == nullptr) return;
  age_.owner = nullptr;
  ActivityList::remove(age_);
  shared_.open.note_longest_stall();
  endpoint_.stalled_bytes -= held_bytes_;
  shared_.limits.let_go(held_bytes_);
}

/// Returns how many bytes the kernel holds for the peer.
int ServedConnection::not_taken() const noexcept {
  int bytes = 0;
  ::ioctl(fd_, SIOCOUTQ, &bytes);
  return bytes;
}

bool ServedConnection::peer_took_some() noexcept {
  const int left = not_taken();
  return left < std::exchange(not_taken_before_, left);
}

bool ServedConnection::close_loses() const noexcept {
  return endpoint_.endpoint.family != AddressFamily::unix_domain && not_taken() > 0;
}

void ServedConnection::end_stall() noexcept {
  let_go();
  ActivityList::remove(*this);
  list().add(*this, shared_.now());
}

void ServedConnection::finish_failed(int error) noexcept {
  const bool reset = error == ECONNRESET || error == EPIPE;
  finish(reset ? CloseReason::reset : CloseReason::error, error);
}

void ServedConnection::finish_without_memory() noexcept {
  shared_.tell_no_memory("echo", endpoint_);
  finish(CloseReason::error, ENOMEM);
}

}  // namespace netecho
