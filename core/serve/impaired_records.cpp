#include "core/serve/impaired_records.hpp"

#include <sys/epoll.h>

#include <utility>

namespace netecho {

void ImpairedRecords::start(const ServedEndpoint& endpoint, const EndpointImpairment& impairment,
                            ConnectionPermit permit, std::unique_ptr<MessagePort> port) {
  auto replies = std::make_unique<ImpairedReplies>(
      endpoint, *port, impairment,
      EndpointImpairment::first_ordinal(endpoint.stats.accepted_total));
  new ImpairedRecords{endpoint, std::move(permit), std::move(port), std::move(replies)};
}

ImpairedRecords::ImpairedRecords(const ServedEndpoint& endpoint, ConnectionPermit permit,
                                 std::unique_ptr<MessagePort> port,
                                 std::unique_ptr<ImpairedReplies> replies)
    : RecordConnection{endpoint, std::move(permit), std::move(port)}, replies_{std::move(replies)} {
  replies_->on_due([this] { send(); });
}

void ImpairedRecords::on_events(std::uint32_t events) noexcept {
  if (!peer_done_ && !blocked_ && !draining_) {
    if (!read()) return;
  } else if ((events & (EPOLLHUP | EPOLLERR)) != 0) {
    replies_->finish();  // Nobody is there to get what is under way.
    return finish(CloseReason::reset);
  }
  send();
}

bool ImpairedRecords::read() noexcept {
  switch (receive()) {
    case Received::record:
      replies_->take(shared_.record_batch);
      return true;
    case Received::nothing:
      return true;
    case Received::peer_done:
      peer_done_ = true;
      return true;
    case Received::gone:
      break;
  }
  return false;
}

void ImpairedRecords::send() noexcept {
  const Sending sending = replies_->send_due();
  const std::uint64_t bytes = replies_->sent_bytes();
  if (bytes != counted_bytes_) count(0, bytes - std::exchange(counted_bytes_, bytes));
  if (sending == Sending::closed) return finish(CloseReason::reset);
  blocked_ = sending == Sending::socket_full;
  if (replies_->empty() && peer_done_) return finish(CloseReason::eof);
  if (replies_->empty() && draining_) return finish(CloseReason::drain);
  watch(blocked_ ? EPOLLOUT : peer_done_ || draining_ ? 0U : EPOLLIN);
}

void ImpairedRecords::begin_drain() noexcept {
  draining_ = true;
  replies_->rush();
  send();
}

}  // namespace netecho
