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
class RecordConnection : public ServedConnection {
 protected:
  enum class Received : std::uint8_t {
    record,  ///< In the shared batch, as the responder has left it.
    nothing,
    peer_done,
    gone,  ///< There is no connection any more.
  };

  RecordConnection(const ServedEndpoint& endpoint, ConnectionPermit permit,
                   std::unique_ptr<MessagePort> port);
  ~RecordConnection() override = default;

  [[nodiscard]] Received receive() noexcept;
  [[nodiscard]] MessageSource source() const noexcept {
    return {shared_, endpoint_, features_.senders};
  }

  Responder& responder_;
  std::unique_ptr<MessagePort> port_;
  Features features_{port_->features()};
  bool draining_ = false;
};

/// Answers at once. It owns memory only while its peer does not read, and reads nothing meanwhile.
class DirectRecords final : public RecordConnection {
 public:
  DirectRecords(const ServedEndpoint& endpoint, ConnectionPermit permit,
                std::unique_ptr<MessagePort> port)
      : RecordConnection{endpoint, std::move(permit), std::move(port)} {}

  void on_events(std::uint32_t events) noexcept override;
  void begin_drain() noexcept override;
  [[nodiscard]] bool stalled() const noexcept override { return unsent_ != nullptr; }

 private:
  ~DirectRecords() override = default;
  void echo_once() noexcept;
  void flush() noexcept;
  void drop_unsent(DropReason reason) noexcept override;

  std::unique_ptr<Batch> unsent_;  ///< The record that the socket did not take.
};

}  // namespace netecho
