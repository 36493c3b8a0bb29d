#include "core/engine/served_connection.hpp"

#include <sys/epoll.h>

namespace netecho {
namespace {

std::optional<SocketDescription> copied(const std::unique_ptr<const SocketDescription>& peer) {
  return peer ? std::optional{*peer} : std::nullopt;
}

}  // namespace

ServedConnection::ServedConnection(ServerShared& shared, EndpointStats& endpoint, int fd)
    : shared_{shared},
      endpoint_{endpoint},
      fd_{fd},
      number_{++shared.last_connection_number},
      opened_{shared.now()} {
  shared_.reactor.add(fd_, EPOLLIN, *this);
  shared_.connections.add(*this, opened_);
  ++shared_.connections_open;
  ++shared_.accepted_total;
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
  ++shared_.finished_total;
  ServerShared& shared = shared_;
  delete this;  // Closes the descriptor, so that a paused listener finds it free.
  shared.on_finished();
}

void ServedConnection::count(std::size_t rx_bytes, std::size_t tx_bytes) noexcept {
  rx_bytes_ += rx_bytes;
  tx_bytes_ += tx_bytes;
  shared_.connections.touch(*this, shared_.now());
}

void ServedConnection::finish_failed(int error) noexcept {
  const bool reset = error == ECONNRESET || error == EPIPE;
  finish(reset ? CloseReason::reset : CloseReason::error, error);
}

}  // namespace netecho
