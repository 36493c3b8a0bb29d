#include "core/serve/impaired_replies.hpp"

namespace netecho {
namespace {

/// So many replies are sent in a row before something else gets its turn.
constexpr int kRepliesInARow = 64;

}  // namespace

ImpairedReplies::ImpairedReplies(const ServedEndpoint& endpoint, MessagePort& port,
                                 const EndpointImpairment& impairment, std::uint64_t first_ordinal)
    : shared_{endpoint.shared},
      endpoint_{endpoint.stats},
      impairment_{impairment},
      port_{&port},
      queue_{impairment.spec, *endpoint_.impaired_total, shared_.impaired_bytes},
      alarm_{shared_.reactor},
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

Sending ImpairedReplies::send_due() noexcept {
  const Instant now = monotonic_now();
  Step step = Step::done;
  for (int i = 0; i < kRepliesInARow && step == Step::done; ++i) step = send_one(now);
  if (step == Step::closed) return Sending::closed;
  if (step == Step::socket_full) {
    alarm_.set(kNever);
    return Sending::socket_full;
  }
  alarm_.set(step == Step::done ? now : queue_.next_event());
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
  alarm_.set(kNever);
}

}  // namespace netecho
