#include "core/serve/answers.hpp"

#include <cerrno>

#include "core/serve/message_trace.hpp"

namespace netecho {
namespace {

/// Drops the first message of slot `next`, the only one unless that is a train.
void drop_first(Batch& batch, DropReason reason, const MessageSource& source) noexcept {
  Slot& slot = batch.slots()[batch.next];
  const Slot message = slot.first_message();
  drop_message(message, batch.next, reason, source);
  slot.cut_front(message.size);
  if (slot.size == 0) ++batch.next;
}

}  // namespace

Sending send_answers(Batch& batch, MessagePort& port, const MessageSource& source) noexcept {
  while (batch.next < batch.count) {
    const std::size_t first = batch.next;
    const BatchResult sent = port.send(batch);
    count_answers(sent, batch, first, source);
    if (sent.status == IoStatus::ok) continue;
    if (sent.status == IoStatus::would_block) return Sending::socket_full;
    if (sent.status == IoStatus::closed) {
      drop_unsent(batch, DropReason::send_error, source);
      return Sending::closed;
    }
    drop_first(batch, send_drop_reason(sent.error), source);
  }
  return Sending::caught_up;
}

void drop_unsent(Batch& batch, DropReason reason, const MessageSource& source) noexcept {
  while (batch.next < batch.count) {
    if (batch.slots()[batch.next].skip) {
      ++batch.next;
    } else {
      drop_first(batch, reason, source);
    }
  }
}

void count_answers(const BatchResult& sent, Batch& batch, std::size_t first,
                   const MessageSource& source) noexcept {
  *source.endpoint.tx_messages_total += sent.messages;
  source.endpoint.tx_bytes_total += sent.bytes;
  if (source.shared.options.trace != TraceLevel::everything) return;
  for (std::size_t i = first; i < batch.next; ++i) {
    const Slot& slot = batch.slots()[i];
    if (!slot.skip) trace_message(slot, i, std::nullopt, source);
  }
}

DropReason send_drop_reason(int error) noexcept {
  return error == EAGAIN || error == ENOBUFS ? DropReason::peer_queue_full : DropReason::send_error;
}

}  // namespace netecho
