#pragma once

/// \file
/// Echoes one seqpacket connection.

#include <memory>

#include "core/seam/batch.hpp"
#include "core/seam/message_port.hpp"
#include "core/serve/responder.hpp"
#include "core/serve/served_connection.hpp"

namespace netecho {

/// An accepted seqpacket connection passes one record at a time through the server's shared slot.
class RecordConnection final : public ServedConnection {
 public:
  RecordConnection(const ServedEndpoint& endpoint, ConnectionPermit permit,
                   std::unique_ptr<MessagePort> port);
  void on_events(std::uint32_t events) noexcept override;
  void begin_drain() noexcept override;
  [[nodiscard]] bool stalled() const noexcept override { return unsent_ != nullptr; }

 private:
  ~RecordConnection() override = default;
  void echo_once() noexcept;
  void flush() noexcept;
  void drop_unsent(DropReason reason) noexcept override;

  [[nodiscard]] MessageSource source() const noexcept {
    return {shared_, endpoint_, features_.senders};
  }

  Responder& responder_;
  std::unique_ptr<MessagePort> port_;
  Features features_{port_->features()};
  std::unique_ptr<Batch> unsent_;  ///< The record that the socket did not take.
  bool draining_ = false;
};

}  // namespace netecho
