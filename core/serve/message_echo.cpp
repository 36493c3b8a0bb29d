#include "core/serve/message_echo.hpp"

#include <sys/epoll.h>

#include <algorithm>
#include <cstring>
#include <exception>

#include "core/codec/stamp.hpp"

namespace netecho {
namespace {

constexpr std::size_t kDatagramSlots = 32;
constexpr std::size_t kIpDatagramBytes = 65'536;
constexpr std::size_t kUnixDatagramBytes = 4 * 1024 * 1024;

std::optional<DropReason> drop_reason(Refusal refusal) noexcept {
  switch (refusal) {
    case Refusal::none:
      return std::nullopt;
    case Refusal::no_return_address:
      return DropReason::no_return_address;
    case Refusal::source_port:
      return DropReason::source_port;
    case Refusal::not_unicast:
      return DropReason::multicast;
    case Refusal::hop_limit:
      return DropReason::ttl;
    case Refusal::loop:
      return DropReason::loop;
    case Refusal::not_allowed:
      return DropReason::not_allowed;
  }
  return std::nullopt;
}

/// What all messages of a slot have in common.
std::optional<DropReason> drop_reason(const Slot& slot) noexcept {
  if (const auto refused = drop_reason(slot.refused)) return refused;
  if (slot.truncated) return DropReason::truncated;
  return std::nullopt;
}

/// What is dropped here looks like the network's loss to the peer.
void tell_of_rate(const Slot& slot, std::size_t index, ServerShared& shared,
                  const EndpointStats& endpoint, const MessagePort& port) noexcept try {
  const ServerOptions& options = shared.options;
  if (options.warn == nullptr || !shared.limits.tells_of_rate(slot.source_prefix, slot.at)) return;
  const auto peer = port.peer(index);
  const bool v6 = peer && peer->family == AddressFamily::ipv6;
  const std::int64_t rate = std::chrono::nanoseconds{std::chrono::seconds{1}} /
                            std::max<Duration>(options.reply_interval, Duration{1});
  options.warn(endpoint.endpoint.uri + ": drops what the " + (v6 ? "/56" : "/24") + " of " +
               (peer ? peer->address.value_or("?") : "?") + " sends beyond " +
               std::to_string(rate) + " a second (--udp-max-rate)");
} catch (const std::exception&) {  // No memory for it: it is counted all the same.
}

DatagramEvent datagram_event(const Slot& slot, std::size_t index, std::optional<DropReason> dropped,
                             const ServerShared& shared, const EndpointStats& endpoint,
                             const MessagePort& port) {
  DatagramEvent event{.endpoint = endpoint.endpoint,
                      .peer = port.peer(index),
                      .rx_bytes = slot.size,
                      .dropped = dropped,
                      .payload = {}};
  if (const std::size_t limit = shared.options.show_payload_bytes; limit != 0) {
    const std::size_t shown = std::min<std::size_t>(limit, slot.size);
    std::string data(shown, '\0');
    if (shown != 0) std::memcpy(data.data(), slot.data, shown);
    event.payload = PayloadSample{std::move(data), slot.size, shown < slot.size};
  }
  return event;
}

void trace(const Slot& slot, std::size_t index, std::optional<DropReason> dropped,
           ServerShared& shared, const EndpointStats& endpoint, const MessagePort& port) noexcept {
  shared.emit([&] { return datagram_event(slot, index, dropped, shared, endpoint, port); });
}

}  // namespace

void drop_message(const Slot& slot, std::size_t index, DropReason reason, ServerShared& shared,
                  EndpointStats& endpoint, const MessagePort& port) noexcept {
  ++endpoint.dropped_total[static_cast<std::size_t>(reason)];
  if (reason == DropReason::rate) tell_of_rate(slot, index, shared, endpoint, port);
  if (shared.options.trace == TraceLevel::everything) {
    trace(slot, index, reason, shared, endpoint, port);
  }
}

void count_answers(const BatchResult& sent, Batch& batch, std::size_t first, ServerShared& shared,
                   EndpointStats& endpoint, const MessagePort& port) noexcept {
  *endpoint.tx_messages_total += sent.messages;
  endpoint.tx_bytes_total += sent.bytes;
  if (shared.options.trace != TraceLevel::everything) return;
  for (std::size_t i = first; i < batch.next; ++i) {
    const Slot& slot = batch.slots()[i];
    if (!slot.skip) trace(slot, i, std::nullopt, shared, endpoint, port);
  }
}

DropReason send_drop_reason(int error) noexcept {
  return error == EAGAIN || error == ENOBUFS ? DropReason::peer_queue_full : DropReason::send_error;
}

std::optional<std::uint64_t> drops_of(const MessagePort& port, std::uint64_t before) noexcept {
  const auto drops = port.kernel_drops();
  return drops ? std::optional{*drops + before} : std::nullopt;
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

/// Treats one message in place, all of `slot` or one of a train, which is not refused as a whole.
/// Says why it is not to be answered.
std::optional<DropReason> treat(std::span<std::byte> message, const Slot& slot,
                                ServerShared& shared, EndpointStats& endpoint) noexcept {
  const auto admit = [&] { return shared.limits.admit_reply(slot.source_prefix, slot.at); };
  if (shared.options.plain || !(has_frame_magic(message) || shared.stamps.refuses_others())) {
    return admit() ? std::nullopt : std::optional{DropReason::rate};
  }
  // A record can't have come from another server: it has a connection of its own.
  const bool datagram = endpoint.endpoint.socket_type == SocketType::datagram;
  if (datagram && is_reply_frame(message)) return DropReason::loop;
  switch (treat_message(message, shared.stamps, admit)) {
    case Treatment::returned:
      break;
    case Treatment::stamped:
      ++endpoint.frames_stamped_total;
      break;
    case Treatment::refused:
      return DropReason::auth;
    case Treatment::over_rate:
      return DropReason::rate;
  }
  return std::nullopt;
}

void prepare_single(Slot& slot, std::size_t index, ServerShared& shared, EndpointStats& endpoint,
                    const MessagePort& port) noexcept {
  auto reason = drop_reason(slot);
  if (!reason) reason = treat({slot.data, slot.size}, slot, shared, endpoint);
  if (!reason) return;
  slot.skip = true;
  drop_message(slot, index, *reason, shared, endpoint, port);
}

/// Each segment is a message. Those that are to be answered are moved together: all but the last
/// have the same size, so what remains is a train again.
void prepare_train(Slot& train, std::size_t index, ServerShared& shared, EndpointStats& endpoint,
                   const MessagePort& port) noexcept {
  const auto refused = drop_reason(train);
  std::byte* end = train.data;
  for (std::uint32_t at = 0; at < train.size; at += train.segment_size) {
    const std::span message{train.data + at, std::min(train.segment_size, train.size - at)};
    if (const auto reason = refused ? refused : treat(message, train, shared, endpoint)) {
      Slot dropped = train;
      dropped.cut_front(at);
      drop_message(dropped.first_message(), index, *reason, shared, endpoint, port);
      continue;
    }
    if (end != message.data()) std::memmove(end, message.data(), message.size());
    end += message.size();
  }
  train.size = static_cast<std::uint32_t>(end - train.data);
  train.skip = train.size == 0;
}

/// Drops the first message of slot `next`, the only one unless that is a train.
void drop_first(Batch& batch, DropReason reason, ServerShared& shared, EndpointStats& endpoint,
                const MessagePort& port) noexcept {
  Slot& slot = batch.slots()[batch.next];
  const Slot message = slot.first_message();
  drop_message(message, batch.next, reason, shared, endpoint, port);
  slot.cut_front(message.size);
  if (slot.size == 0) ++batch.next;
}

void accept_trains(MessagePort& port, const ServerOptions& options) noexcept {
  // Where single messages are told of or counted off, they come singly.
  const bool each_matters = options.max_accepts != 0 || options.trace == TraceLevel::everything ||
                            options.show_payload_bytes != 0;
  if (!each_matters) static_cast<void>(port.accept_trains());
}

}  // namespace

void prepare_answers(Batch& batch, ServerShared& shared, EndpointStats& endpoint,
                     const MessagePort& port) noexcept {
  if (batch.count != 0) shared.stamps.begin(batch.slots().front().at);
  std::size_t index = 0;
  for (Slot& slot : batch.filled()) {
    *endpoint.rx_messages_total += slot.segments();
    endpoint.rx_bytes_total += slot.size;
    if (slot.segment_size != 0) {
      prepare_train(slot, index, shared, endpoint, port);
    } else {
      prepare_single(slot, index, shared, endpoint, port);
    }
    ++index;
  }
}

void drop_unsent(Batch& batch, DropReason reason, ServerShared& shared, EndpointStats& endpoint,
                 const MessagePort& port) noexcept {
  while (batch.next < batch.count) {
    if (batch.slots()[batch.next].skip) {
      ++batch.next;
    } else {
      drop_first(batch, reason, shared, endpoint, port);
    }
  }
}

Answered send_answers(Batch& batch, ServerShared& shared, EndpointStats& endpoint,
                      MessagePort& port) noexcept {
  while (batch.next < batch.count) {
    const std::size_t first = batch.next;
    const BatchResult sent = port.send(batch);
    count_answers(sent, batch, first, shared, endpoint, port);
    if (sent.status == IoStatus::ok) continue;
    if (sent.status == IoStatus::would_block) return Answered::socket_full;
    if (sent.status == IoStatus::closed) {
      drop_unsent(batch, DropReason::send_error, shared, endpoint, port);
      return Answered::closed;
    }
    drop_first(batch, send_drop_reason(sent.error), shared, endpoint, port);
  }
  return Answered::all;
}

DatagramEcho::DatagramEcho(ServerShared& shared, EndpointStats& endpoint,
                           std::unique_ptr<MessagePort> port)
    : shared_{shared},
      endpoint_{endpoint},
      port_{std::move(port)},
      batch_{datagram_slots(shared.options), datagram_slot_bytes(endpoint.endpoint)},
      rest_{shared, endpoint, [this] { shared_.reactor.modify(port_->fd(), EPOLLIN, *this); }} {
  accept_trains(*port_, shared.options);
  shared_.reactor.add(port_->fd(), EPOLLIN, *this);
}

void DatagramEcho::update_stats() noexcept {
  endpoint_.kernel_drop_buffers_total = drops_of(*port_, drops_before_);
}

void DatagramEcho::replace(std::unique_ptr<MessagePort> port) noexcept {
  if (stopped_) return;
  if (writing_) drop_unsent(batch_, DropReason::send_error, shared_, endpoint_, *port_);
  writing_ = false;
  drops_before_ = drops_of(*port_, drops_before_).value_or(0);
  shared_.reactor.remove(port_->fd(), *this);
  port_ = std::move(port);
  accept_trains(*port_, shared_.options);
  if (!watch_again(shared_, *port_, EPOLLIN, *this)) stopped_ = true;
}

void DatagramEcho::stop() noexcept {
  if (std::exchange(stopped_, true)) return;
  rest_.cancel();
  shared_.reactor.remove(port_->fd(), *this);
  if (writing_) drop_unsent(batch_, DropReason::peer_queue_full, shared_, endpoint_, *port_);
}

void DatagramEcho::begin_drain() noexcept {
  draining_ = true;
  if (!writing_) stop();
}

/// The server stops, and the last batch is still to be sent.
void DatagramEcho::finish_batch() noexcept {
  const std::uint64_t answered_before = *endpoint_.tx_messages_total;
  const bool full = send_answers(batch_, shared_, endpoint_, *port_) == Answered::socket_full;
  shared_.limits.finished(*endpoint_.tx_messages_total - answered_before);
  if (full) return;
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
      prepare_answers(batch_, shared_, endpoint_, *port_);
    }
    const std::uint64_t answered_before = *endpoint_.tx_messages_total;
    const bool full = send_answers(batch_, shared_, endpoint_, *port_) == Answered::socket_full;
    shared_.limits.finished(*endpoint_.tx_messages_total - answered_before);
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
