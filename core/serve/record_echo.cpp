#include "core/serve/record_echo.hpp"

#include <sys/epoll.h>

#include <algorithm>
#include <cstring>
#include <exception>

#include "core/serve/message_echo.hpp"

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
    : ServedConnection{endpoint.shared, endpoint.stats, std::move(permit), port->fd()},
      responder_{endpoint.responder},
      port_{std::move(port)} {}

void RecordConnection::on_events(std::uint32_t /*events*/) noexcept {
  if (unsent_ != nullptr) return flush();
  echo_once();
}

void RecordConnection::echo_once() noexcept {
  Batch& batch = shared_.record_batch;
  const BatchResult received = port_->receive(batch);
  if (received.status == IoStatus::would_block) return;
  if (received.status == IoStatus::closed) return finish(CloseReason::eof);
  if (received.status == IoStatus::failed) return finish_failed(received.error);
  const Slot& record = batch.slots().front();
  responder_.prepare(batch, source());
  count(record.size, 0);

  switch (send_answers(batch, *port_, source())) {
    case Answered::all:
      return count(0, record.skip ? 0 : record.size);
    case Answered::closed:
      return finish(CloseReason::reset);
    case Answered::socket_full:
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

void RecordConnection::flush() noexcept {
  const Slot record = unsent_->slots().front();
  switch (send_answers(*unsent_, *port_, source())) {
    case Answered::socket_full:
      return;
    case Answered::closed:
      return finish(CloseReason::reset);
    case Answered::all:
      break;
  }
  count(0, record.size);
  unsent_.reset();
  end_stall();
  if (draining_) return finish(CloseReason::drain);
  watch(EPOLLIN);
}

void RecordConnection::drop_unsent(DropReason reason) noexcept {
  if (unsent_ != nullptr) {
    netecho::drop_unsent(*unsent_, reason, source());
  }
}

void RecordConnection::begin_drain() noexcept {
  draining_ = true;
  if (unsent_ == nullptr) finish(CloseReason::drain);
}

}  // namespace netecho
