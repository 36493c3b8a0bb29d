#pragma once

/// \file
/// A byte stream seen as a message port, so that the prober has one kind of connection.

#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

#include "core/net/kernel_stamps.hpp"
#include "core/seam/batch.hpp"
#include "core/seam/byte_channel.hpp"
#include "core/seam/message_port.hpp"

namespace netecho {

/// Messages of one fixed size. Slots of a received batch point into the port's own buffer and stay
/// valid until the next receive(). Allocates only when made.
///
/// receive() also writes what a full socket did not take of an earlier message; so does a send() of
/// an empty batch.
class StreamPort final : public MessagePort, public Timestamping, public Reassembly {
 public:
  /// REQUIRES: message_bytes > 0; `channel` is non-blocking.
  StreamPort(ByteChannel channel, std::size_t message_bytes);

  /// Several messages that one read completed share its T4; the port holds no whole one back, so a
  /// readable socket tells of all that is there. `closed` once the peer has ended.
  BatchResult receive(Batch& batch) noexcept override;
  /// A message counts as sent once the socket took its first bytes; the next one is not started
  /// before the last is out.
  BatchResult send(Batch& batch) noexcept override;
  [[nodiscard]] int fd() const noexcept override { return channel_.fd(); }
  [[nodiscard]] bool wants_write() const noexcept override { return tail_at_ < tail_.size(); }
  /// Only TCP has stamps; they are those of a message's last byte.
  [[nodiscard]] Features features() noexcept override;
  void stamp_by_kernel(std::size_t kept) override { stamps_.emplace(channel_.fd(), kept); }
  [[nodiscard]] std::optional<WallTime> kernel_sent(std::uint64_t ordinal) const noexcept override;
  [[nodiscard]] std::span<const std::byte> unfinished() const noexcept override {
    return std::span{buffer_}.subspan(begin_, end_ - begin_);
  }

 private:
  [[nodiscard]] IoResult flush() noexcept;
  [[nodiscard]] IoResult read(std::span<std::byte> into) noexcept;
  [[nodiscard]] std::size_t whole_messages() const noexcept {
    return (end_ - begin_) / message_bytes_;
  }

  ByteChannel channel_;
  std::size_t message_bytes_;
  std::vector<std::byte> buffer_;
  std::size_t begin_ = 0;  ///< First byte not handed out.
  std::size_t end_ = 0;    ///< Behind the last byte read.
  Instant read_at_{};      ///< T4 of all whole messages in the buffer.
  std::optional<KernelStamps> stamps_;
  std::optional<WallTime> kernel_read_at_;  ///< As read_at_, by the kernel's stamp.
  std::vector<std::byte> tail_;
  std::size_t tail_at_ = 0;
};

}  // namespace netecho
