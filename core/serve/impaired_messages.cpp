#include "core/serve/impaired_messages.hpp"

#include <sys/epoll.h>

#include <utility>

namespace netecho {
namespace {

/// So many replies are sent in a row before other sockets get their turn.
constexpr int kRepliesPerEvent = 256;

}  // namespace

ImpairedReplies::ImpairedReplies(const ServedEndpoint& endpoint,
                                 const EndpointImpairment& impairment, MessagePort& port,
                                 std::uint64_t first_ordinal)
    : shared_{endpoint.shared},
      endpoint_{endpoint.stats},
      impairment_{impairment},
      port_{&port},
      queue_{impairment.spec, *endpoint_.impaired_total, shared_.impaired_bytes},
      timer_{shared_.reactor.make_timer([this] {
        const auto action = on_due;  // It may destroy this.
        action();
      })},
      ordinal_{first_ordinal} {}

void ImpairedReplies::take(Batch& batch) noexcept {
  for (std::size_t i = 0; i < batch.count; ++i) {
    const Slot& slot = batch.slots()[i];
    if (slot.skip) continue;
    const MessageFate its = fate(impairment_.spec, impairment_.endpoint, ordinal_++);
    const PeerRef peer =
        features_.readdressing != nullptr ? features_.readdressing->peer_ref(i) : PeerRef{};
    if (!queue_.push({slot.data, slot.size}, peer, slot.at, its)) {
      drop_message(slot, i, DropReason::impaired, source());
    }
  }
  batch.next = batch.count;
}

void ImpairedReplies::fill_slot(ImpairedMessage& message) noexcept {
  Batch& batch = shared_.one_reply;
  Slot& slot = batch.slots().front();
  slot = {};
  slot.data = message.bytes().data();
  slot.size = static_cast<std::uint32_t>(message.bytes().size());
  batch.count = 1;
  batch.next = 0;
  if (features_.readdressing != nullptr) features_.readdressing->set_peer(0, message.peer());
}

ImpairedReplies::Step ImpairedReplies::send_one(Instant now) noexcept {
  ImpairedMessage* const message = queue_.due(now);
  if (message == nullptr) return Step::nothing_due;
  fill_slot(*message);
  Batch& batch = shared_.one_reply;
  const BatchResult result = port_->send(batch);
  if (result.status == IoStatus::would_block) return Step::socket_full;
  if (result.status == IoStatus::closed) return Step::closed;

  const bool sent = result.status == IoStatus::ok;
  const bool second = message->is_second_copy();
  if (sent) sent_bytes_ += message->bytes().size();
  if (sent && second) {
    ++*endpoint_.tx_messages_total;
    endpoint_.tx_bytes_total += message->bytes().size();
  } else if (sent) {
    ++answered_;
    count_answers(result, batch, 0, source());
  } else if (!second) {
    drop_message(batch.slots().front(), 0, send_drop_reason(result.error), source());
  }
  queue_.gone(sent ? ImpairedQueue::Outcome::sent : ImpairedQueue::Outcome::failed);
  return Step::done;
}

ImpairedReplies::Sending ImpairedReplies::send_due() noexcept {
  const Instant now = monotonic_now();
  Step step = Step::done;
  for (int i = 0; i < kRepliesPerEvent && step == Step::done; ++i) step = send_one(now);
  if (step == Step::closed) return Sending::closed;
  if (step == Step::socket_full) {
    timer_->cancel();
    return Sending::socket_full;
  }
  timer_->set(step == Step::done ? now : queue_.next_event());
  return Sending::caught_up;
}

void ImpairedReplies::finish() noexcept {
  queue_.rush();
  Step step = Step::done;
  while (step == Step::done) step = send_one(kNever);
  drop_all(DropReason::peer_queue_full);
}

void ImpairedReplies::drop_all(DropReason reason) noexcept {
  queue_.rush();
  while (ImpairedMessage* const left = queue_.due(kNever)) {
    fill_slot(*left);
    if (!left->is_second_copy()) {
      drop_message(shared_.one_reply.slots().front(), 0, reason, source());
    }
    queue_.gone(ImpairedQueue::Outcome::failed);
  }
  timer_->cancel();
}

ImpairedDatagrams::ImpairedDatagrams(const ServedEndpoint& endpoint,
                                     const EndpointImpairment& impairment,
                                     std::unique_ptr<MessagePort> port)
    : shared_{endpoint.shared},
      endpoint_{endpoint.stats},
      responder_{endpoint.responder},
      port_{std::move(port)},
      batch_{datagram_slots(shared_.options), datagram_slot_bytes(endpoint_.endpoint)},
      replies_{endpoint, impairment, *port_, EndpointImpairment::first_ordinal(0)},
      watched_{EPOLLIN},
      rest_{shared_, endpoint_, [this] { watch(); }} {
  replies_.on_due = [this] { send(); };
  shared_.reactor.add(port_->fd(), watched_, *this);
}

void ImpairedDatagrams::update_stats() noexcept {
  endpoint_.kernel_drop_buffers_total = drops_of(features_.drops, drops_before_);
}

/// Nothing is left in the batch, as each message has a place of its own among the replies under
/// way.
void ImpairedDatagrams::replace(std::unique_ptr<MessagePort> port) noexcept {
  if (stopped_) return;
  drops_before_ = drops_of(features_.drops, drops_before_).value_or(0);
  shared_.reactor.remove(port_->fd(), *this);
  const std::unique_ptr<MessagePort> old = std::exchange(port_, std::move(port));
  features_ = port_->features();
  replies_.use(*port_);
  blocked_ = false;
  watched_ = may_read() ? EPOLLIN : 0U;
  if (!watch_again(shared_, *port_, watched_, *this)) {
    stopped_ = true;
    rest_.cancel();
    return replies_.finish();
  }
  send();
}

void ImpairedDatagrams::stop() noexcept {
  if (std::exchange(stopped_, true)) return;
  rest_.cancel();
  shared_.reactor.remove(port_->fd(), *this);
  replies_.finish();
}

void ImpairedDatagrams::begin_drain() noexcept {
  draining_ = true;
  rest_.cancel();
  replies_.rush();
  send();
}

bool ImpairedDatagrams::may_read() const noexcept {
  return !draining_ && !blocked_ && !rest_.resting() &&
         shared_.limits.accepts_left() > replies_.size();
}

ImpairedDatagrams::Received ImpairedDatagrams::receive() noexcept {
  const BatchResult received = port_->receive(batch_);
  if (received.status == IoStatus::would_block) return Received::all;
  if (received.status != IoStatus::ok) {
    static_cast<void>(rest_.failed(received.error));  // may_read() knows.
    return Received::all;
  }
  rest_.received();
  responder_.prepare(batch_, {shared_, endpoint_, features_.senders});
  replies_.take(batch_);
  return batch_.count == batch_.slots().size() ? Received::full_batch : Received::all;
}

void ImpairedDatagrams::on_events(std::uint32_t /*events*/) noexcept {
  for (int round = 0; round < kBatchesPerEvent && may_read(); ++round) {
    if (receive() == Received::all) break;
  }
  send();
}

void ImpairedDatagrams::send() noexcept {
  blocked_ = replies_.send_due() == ImpairedReplies::Sending::socket_full;
  shared_.limits.finished(replies_.answered() - std::exchange(counted_, replies_.answered()));
  if (draining_ && replies_.empty()) {
    stop();
    return shared_.on_finished();
  }
  // With a limit this may stop the server, and this socket with it.
  if (shared_.options.max_accepts != 0) shared_.on_finished();
  if (!stopped_) watch();
}

void ImpairedDatagrams::watch() noexcept {
  const std::uint32_t wanted = blocked_ ? EPOLLOUT : may_read() ? EPOLLIN : 0U;
  if (wanted == watched_) return;
  watched_ = wanted;
  shared_.reactor.modify(port_->fd(), wanted, *this);
}

void ImpairedRecords::start(const ServedEndpoint& endpoint, const EndpointImpairment& impairment,
                            ConnectionPermit permit, std::unique_ptr<MessagePort> port) {
  auto replies = std::make_unique<ImpairedReplies>(
      endpoint, impairment, *port,
      EndpointImpairment::first_ordinal(endpoint.stats.accepted_total));
  new ImpairedRecords{endpoint, std::move(permit), std::move(port), std::move(replies)};
}

ImpairedRecords::ImpairedRecords(const ServedEndpoint& endpoint, ConnectionPermit permit,
                                 std::unique_ptr<MessagePort> port,
                                 std::unique_ptr<ImpairedReplies> replies)
    : ServedConnection{endpoint.shared, endpoint.stats, std::move(permit), port->fd()},
      responder_{endpoint.responder},
      port_{std::move(port)},
      replies_{std::move(replies)},
      watched_{EPOLLIN} {
  replies_->on_due = [this] { send(); };
}

void ImpairedRecords::on_events(std::uint32_t events) noexcept {
  if (!peer_done_ && !blocked_ && !draining_) {
    if (!receive()) return;
  } else if ((events & (EPOLLHUP | EPOLLERR)) != 0) {
    replies_->finish();  // Nobody is there to get what is under way.
    return finish(CloseReason::reset);
  }
  send();
}

bool ImpairedRecords::receive() noexcept {
  Batch& batch = shared_.record_batch;
  const BatchResult received = port_->receive(batch);
  switch (received.status) {
    case IoStatus::would_block:
      return true;
    case IoStatus::closed:
      peer_done_ = true;
      return true;
    case IoStatus::failed:
      finish_failed(received.error);
      return false;
    case IoStatus::ok:
      break;
  }
  responder_.prepare(batch, {shared_, endpoint_, features_.senders});
  count(batch.slots().front().size, 0);
  replies_->take(batch);
  return true;
}

void ImpairedRecords::send() noexcept {
  const ImpairedReplies::Sending sending = replies_->send_due();
  const std::uint64_t bytes = replies_->sent_bytes();
  if (bytes != counted_bytes_) count(0, bytes - std::exchange(counted_bytes_, bytes));
  if (sending == ImpairedReplies::Sending::closed) return finish(CloseReason::reset);
  blocked_ = sending == ImpairedReplies::Sending::socket_full;
  if (replies_->empty() && peer_done_) return finish(CloseReason::eof);
  if (replies_->empty() && draining_) return finish(CloseReason::drain);
  watch_what_matters();
}

void ImpairedRecords::watch_what_matters() noexcept {
  const std::uint32_t wanted = blocked_ ? EPOLLOUT : peer_done_ || draining_ ? 0U : EPOLLIN;
  if (wanted != watched_) watch(watched_ = wanted);
}

void ImpairedRecords::begin_drain() noexcept {
  draining_ = true;
  replies_->rush();
  send();
}

}  // namespace netecho
