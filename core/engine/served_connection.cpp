#include "core/engine/served_connection.hpp"

#include <linux/sockios.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>

#include <utility>

namespace netecho {
namespace {

std::optional<SocketDescription> copied(const std::unique_ptr<const SocketDescription>& peer) {
  return peer ? std::optional{*peer} : std::nullopt;
}

}  // namespace

ServedConnection::ServedConnection(ServerShared& shared, EndpointStats& endpoint,
                                   ConnectionPermit permit, int fd)
    : shared_{shared},
      endpoint_{endpoint},
      permit_{std::move(permit)},
      list_{&shared.connections},
      fd_{fd},
      number_{shared.limits.next_connection_number()},
      opened_{shared.now()} {
  shared_.reactor.add(fd_, EPOLLIN, *this);
  list_->add(*this, opened_);
  ++shared_.connections_open;
  ++endpoint_.connections_open;
  ++endpoint_.accepted_total;
  if (shared_.options.trace != TraceLevel::none) {
    if (auto peer = describe_peer(fd_)) {
      peer_ = std::make_unique<const SocketDescription>(*std::move(peer));
    }
    shared_.emit(OpenEvent{number_, endpoint_.endpoint, copied(peer_)});
  }
}

void ServedConnection::finish(CloseReason reason, int error) noexcept {
  if (shared_.options.trace != TraceLevel::none) {
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
    shared_.emit(std::move(event));
  }
  shared_.reactor.remove(fd_, *this);
  ActivityList::remove(*this);
  --shared_.connections_open;
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

void ServedConnection::begin_stall() noexcept {
  const bool first = shared_.stalled.empty();
  ActivityList::remove(*this);
  list_ = &shared_.stalled;
  not_taken_before_ = std::numeric_limits<int>::max();
  list_->add(*this, shared_.now());
  if (first) shared_.on_stalled();
}

/// Bytes that the kernel holds for the peer.
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
  ActivityList::remove(*this);
  list_ = &shared_.connections;
  list_->add(*this, shared_.now());
}

void ServedConnection::finish_failed(int error) noexcept {
  const bool reset = error == ECONNRESET || error == EPIPE;
  finish(reset ? CloseReason::reset : CloseReason::error, error);
}

}  // namespace netecho
