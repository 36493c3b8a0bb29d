#pragma once

/// \file
/// Replies that leave at once.

#include <functional>
#include <utility>

#include "core/serve/answers.hpp"

namespace netecho {

/// What a full socket does not take stays in its batch. The members are those of ImpairedReplies.
class DirectReplies {
 public:
  /// A train that came may leave as one.
  static constexpr bool kTakesTrains = true;

  DirectReplies(const ServedEndpoint& endpoint, MessagePort& port) noexcept
      : shared_{endpoint.shared},
        endpoint_{endpoint.stats},
        port_{&port},
        senders_{port.features().senders} {}

  /// Nothing becomes due later.
  void on_due(const std::function<void()>& /*send*/) noexcept {}

  /// REQUIRES: empty(). The batch stays as it is until that is so again.
  void take(Batch& batch) noexcept { batch_ = &batch; }

  [[nodiscard]] Sending send_due() noexcept {
    if (batch_ == nullptr) return Sending::caught_up;
    const Sending sending = send_answers(*batch_, *port_, source());
    if (sending != Sending::socket_full) batch_ = nullptr;
    return sending;
  }
  void rush() noexcept {}
  void finish() noexcept { drop_all(DropReason::peer_queue_full); }
  /// What the old port has not taken cannot leave by another one: it is dropped.
  void move_to(MessagePort& port) noexcept {
    drop_all(DropReason::send_error);
    port_ = &port;
    senders_ = port.features().senders;
  }

  [[nodiscard]] bool empty() const noexcept { return batch_ == nullptr; }
  [[nodiscard]] std::size_t size() const noexcept {
    return empty() ? 0 : batch_->count - batch_->next;
  }
  [[nodiscard]] std::uint64_t answered() const noexcept { return *endpoint_.tx_messages_total; }

 private:
  void drop_all(DropReason reason) noexcept {
    if (Batch* const left = std::exchange(batch_, nullptr)) drop_unsent(*left, reason, source());
  }
  [[nodiscard]] MessageSource source() const noexcept { return {shared_, endpoint_, senders_}; }

  ServerShared& shared_;
  EndpointStats& endpoint_;
  MessagePort* port_;
  const Senders* senders_;
  Batch* batch_ = nullptr;  ///< What is left of it waits for the socket.
};

}  // namespace netecho
