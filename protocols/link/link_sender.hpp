#pragma once

/// \file
/// Sends frames, several by one call. The kernel writes their headers: the source is the
/// interface's own address.

#include <linux/if_packet.h>
#include <sys/socket.h>

#include <array>
#include <cstddef>
#include <initializer_list>
#include <span>

#include "core/base/mac_address.hpp"
#include "core/seam/batch.hpp"
#include "core/seam/message_port.hpp"

namespace netecho {

class LinkSender {
 public:
  static constexpr std::size_t kSlots = 32;
  /// A frame is put together from so many pieces at most.
  static constexpr std::size_t kPieces = 3;

  LinkSender(int interface, std::uint16_t ethertype) noexcept;

  /// Begins anew.
  void clear() noexcept { count_ = 0; }
  [[nodiscard]] bool full() const noexcept { return count_ == kSlots; }
  [[nodiscard]] std::size_t count() const noexcept { return count_; }
  /// Adds the frame of slot `slot` of a batch; what it consists of stays in place until it is sent.
  /// REQUIRES: !full(), and at most kPieces pieces.
  void add(std::size_t slot, const MacAddress& to,
           std::initializer_list<std::span<const std::byte>> pieces) noexcept;
  /// Sends those that were added, in order, as MessagePort::send() does: tells when each left, and
  /// sets `batch.next` behind the last that did. `ok` if at least one did.
  BatchResult send(int fd, Batch& batch) noexcept;

 private:
  [[nodiscard]] int send_frames(int fd) noexcept;

  sockaddr_ll to_{};  ///< What all have in common.
  std::size_t count_ = 0;
  bool has_batch_calls_ = true;
  std::array<std::size_t, kSlots> slots_{};
  std::array<sockaddr_ll, kSlots> addresses_{};
  std::array<std::array<iovec, kPieces>, kSlots> pieces_{};
  std::array<mmsghdr, kSlots> headers_{};
};

}  // namespace netecho
