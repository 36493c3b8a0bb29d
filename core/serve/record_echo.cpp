#include "core/serve/record_echo.hpp"

#include <sys/epoll.h>

#include <algorithm>
#include <cstring>
#include <exception>

#include "core/serve/answers.hpp"

namespace netecho {
namespace {

/// Makes a batch for a record that has to wait. Returns null without memory.
std::unique_ptr<Batch> copy_of(const Slot& record) noexcept try {
  auto copy = std::make_unique<Batch>(1, std::max<std::size_t>(record.size, 1));
  copy->slots().front() = record;
  copy->slots().front().data = copy->storage(0);
  if (record.size != 0) std::memcpy(copy->storage(0), record.data, record.size);
  copy->count = 1;
  return copy;
} catch (const std::exception&) {
  return nullptr;
}

}  // namespace

RecordConnection::RecordConnection(const ServedEndpoint& endpoint, ConnectionPermit permit,
                                   std::unique_ptr<MessagePort> port)
    : ServedConnection{endpoint, std::move(permit), port->fd()},
      responder_{endpoint.responder},
      port_{std::move(port)} {}

RecordConnection::Received RecordConnection::receive() noexcept {
  Batch& batch = shared_.record_batch;
  const BatchResult received = port_->receive(batch);
  switch (received.status) {
    case IoStatus::would_block:
      return Received::nothing;
    case IoStatus::closed:
      return Received::peer_done;
    case IoStatus::failed:
      finish_failed(received.error);
      return Received::gone;
    case IoStatus::ok:
      break;
  }
  responder_.prepare(batch, source());
  count(batch.slots().front().size, 0);
  return Received::record;
}

void DirectRecords::on_events(std::uint32_t /*events*/) noexcept {
  if (unsent_ != nullptr) return flush();
  echo_once();
}

void DirectRecords::echo_once() noexcept {
  const Received received = receive();
  if (received == Received::peer_done) return finish(CloseReason::eof);
  if (received != Received::record) return;

  Batch& batch = shared_.record_batch;
  const Slot& record = batch.slots().front();
  switch (send_answers(batch, *port_, source())) {
    case Sending::caught_up:
      return count(0, record.skip ? 0 : record.size);
    case Sending::closed:
      return finish(CloseReason::reset);
    case Sending::socket_full:
      break;
  }
  unsent_ = copy_of(record);
  if (unsent_ == nullptr) {
    netecho::drop_unsent(batch, DropReason::send_error, source());
    return finish_without_memory();
  }
  watch(EPOLLOUT);
  static_cast<void>(begin_stall(record.size));
}

void DirectRecords::flush() noexcept {
  const Slot record = unsent_->slots().front();
  switch (send_answers(*unsent_, *port_, source())) {
    case Sending::socket_full:
      return;
    case Sending::closed:
      return finish(CloseReason::reset);
    case Sending::caught_up:
      break;
  }
  count(0, record.size);
  unsent_.reset();
  end_stall();
  if (draining_) return finish(CloseReason::drain);
  watch(EPOLLIN);
}

void DirectRecords::drop_unsent(DropReason reason) noexcept {
  if (unsent_ != nullptr) {
    netecho::drop_unsent(*unsent_, reason, source());
  }
}

void DirectRecords::begin_drain() noexcept {
  draining_ = true;
  if (unsent_ == nullptr) finish(CloseReason::drain);
}

}  // namespace netecho
