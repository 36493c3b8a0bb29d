#include "core/serve/message_echo.hpp"

#include <sys/epoll.h>

#include <exception>
#include <utility>

#include "core/base/error.hpp"
#include "core/serve/message_trace.hpp"

namespace netecho {
namespace {

constexpr std::size_t kDatagramSlots = 32;
constexpr std::size_t kIpDatagramBytes = 65'536;
constexpr std::size_t kUnixDatagramBytes = 4 * 1024 * 1024;

}  // namespace

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

std::optional<std::uint64_t> drops_of(const Drops* drops, std::uint64_t before) noexcept {
  return drops != nullptr ? std::optional{drops->kernel_drops() + before} : std::nullopt;
}

bool watch_again(ServerShared& shared, const MessagePort& port, std::uint32_t events,
                 EventHandler& handler) noexcept try {
  shared.reactor.add(port.fd(), events, handler);
  return true;
} catch (const Error& error) {
  shared.emit([&] { return error_event(error); });
  return false;
}

std::size_t datagram_slots(const ServerOptions& options) noexcept {
  return options.max_accepts != 0 ? 1 : kDatagramSlots;
}

std::size_t datagram_slot_bytes(const SocketDescription& endpoint) noexcept {
  return endpoint.family == AddressFamily::unix_domain ? kUnixDatagramBytes : kIpDatagramBytes;
}

namespace {

/// Drops the first message of slot `next`, the only one unless that is a train.
void drop_first(Batch& batch, DropReason reason, const MessageSource& source) noexcept {
  Slot& slot = batch.slots()[batch.next];
  const Slot message = slot.first_message();
  drop_message(message, batch.next, reason, source);
  slot.cut_front(message.size);
  if (slot.size == 0) ++batch.next;
}

void accept_trains(Trains* trains, const ServerOptions& options) noexcept {
  // Where each message is traced or counted toward a limit, messages come singly.
  const bool each_matters = options.max_accepts != 0 || options.trace == TraceLevel::everything ||
                            options.show_payload_bytes != 0;
  if (trains != nullptr && !each_matters) static_cast<void>(trains->accept_trains());
}

}  // namespace

void drop_unsent(Batch& batch, DropReason reason, const MessageSource& source) noexcept {
  while (batch.next < batch.count) {
    if (batch.slots()[batch.next].skip) {
      ++batch.next;
    } else {
      drop_first(batch, reason, source);
    }
  }
}

Answered send_answers(Batch& batch, MessagePort& port, const MessageSource& source) noexcept {
  while (batch.next < batch.count) {
    const std::size_t first = batch.next;
    const BatchResult sent = port.send(batch);
    count_answers(sent, batch, first, source);
    if (sent.status == IoStatus::ok) continue;
    if (sent.status == IoStatus::would_block) return Answered::socket_full;
    if (sent.status == IoStatus::closed) {
      drop_unsent(batch, DropReason::send_error, source);
      return Answered::closed;
    }
    drop_first(batch, send_drop_reason(sent.error), source);
  }
  return Answered::all;
}

DatagramEcho::DatagramEcho(const ServedEndpoint& endpoint, std::unique_ptr<MessagePort> port)
    : shared_{endpoint.shared},
      endpoint_{endpoint.stats},
      responder_{endpoint.responder},
      port_{std::move(port)},
      batch_{datagram_slots(shared_.options), datagram_slot_bytes(endpoint_.endpoint)},
      rest_{shared_, endpoint_, [this] { shared_.reactor.modify(port_->fd(), EPOLLIN, *this); }} {
  accept_trains(features_.trains, shared_.options);
  shared_.reactor.add(port_->fd(), EPOLLIN, *this);
}

void DatagramEcho::update_stats() noexcept {
  endpoint_.kernel_drop_buffers_total = drops_of(features_.drops, drops_before_);
}

void DatagramEcho::replace(std::unique_ptr<MessagePort> port) noexcept {
  if (stopped_) return;
  if (writing_) drop_unsent(batch_, DropReason::send_error, source());
  writing_ = false;
  drops_before_ = drops_of(features_.drops, drops_before_).value_or(0);
  shared_.reactor.remove(port_->fd(), *this);
  port_ = std::move(port);
  features_ = port_->features();
  accept_trains(features_.trains, shared_.options);
  if (!watch_again(shared_, *port_, EPOLLIN, *this)) stopped_ = true;
}

void DatagramEcho::stop() noexcept {
  if (std::exchange(stopped_, true)) return;
  rest_.cancel();
  shared_.reactor.remove(port_->fd(), *this);
  if (writing_) drop_unsent(batch_, DropReason::peer_queue_full, source());
}

void DatagramEcho::begin_drain() noexcept {
  draining_ = true;
  if (!writing_) stop();
}

bool DatagramEcho::send_batch() noexcept {
  const std::uint64_t answered_before = *endpoint_.tx_messages_total;
  const bool full = send_answers(batch_, *port_, source()) == Answered::socket_full;
  shared_.limits.finished(*endpoint_.tx_messages_total - answered_before);
  return !full;
}

/// The server stops, and the last batch is still to be sent.
void DatagramEcho::finish_batch() noexcept {
  if (!send_batch()) return;
  writing_ = false;
  stop();
  shared_.on_finished();
}

void DatagramEcho::on_events(std::uint32_t /*events*/) noexcept {
  if (draining_) return finish_batch();
  for (int round = 0; round < kBatchesPerEvent; ++round) {
    if (!writing_) {
      const BatchResult received = port_->receive(batch_);
      if (received.status == IoStatus::would_block) return;
      if (received.status != IoStatus::ok) {
        if (rest_.failed(received.error)) shared_.reactor.modify(port_->fd(), 0, *this);
        return;
      }
      rest_.received();
      responder_.prepare(batch_, source());
    }
    const bool full = !send_batch();
    if (full != writing_) {
      writing_ = full;
      shared_.reactor.modify(port_->fd(), full ? EPOLLOUT : EPOLLIN, *this);
    }
    if (shared_.options.max_accepts != 0) {
      shared_.on_finished();
      if (stopped_ || shared_.limits.accepts_reached()) return;
    }
    // After a full batch or a train there is likely more; after any other, epoll knows.
    const bool train = batch_.slots().front().segment_size != 0;
    if (full || (batch_.count < batch_.slots().size() && !train)) return;
  }
}

}  // namespace netecho
