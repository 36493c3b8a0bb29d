#pragma once

/// \file
/// This is a connection that keeps record boundaries (SOCK_SEQPACKET), of a server or client.

#include "core/base/unique_fd.hpp"
#include "core/seam/batch.hpp"
#include "core/seam/message_port.hpp"

namespace netecho::unix_socket {

/// An empty record and the end of the connection both read as 0 bytes; SO_PASSCRED tells them
/// apart: a record comes with credentials, the end does not. recvmmsg cannot show that.
class RecordPort final : public MessagePort, public Senders, public Path {
 public:
  /// REQUIRES: connected and non-blocking.
  explicit RecordPort(UniqueFd fd) noexcept;

  BatchResult receive(Batch& batch) noexcept override;
  BatchResult send(Batch& batch) noexcept override;
  [[nodiscard]] int fd() const noexcept override { return fd_.get(); }
  [[nodiscard]] Features features() noexcept override { return {.senders = this, .path = this}; }
  [[nodiscard]] std::optional<SocketDescription> sender(std::size_t /*index*/) const override {
    return peer();
  }
  /// As the peer itself has bound it, which may be spelled differently from what was typed.
  [[nodiscard]] std::optional<SocketDescription> peer() const override;
  [[nodiscard]] std::optional<SocketDescription> local() const override;

 private:
  BatchResult receive_one(Slot& slot, std::byte* storage, std::size_t bytes) noexcept;

  UniqueFd fd_;
};

}  // namespace netecho::unix_socket
