#pragma once

/// \file
/// Sends frames, several by one call. The kernel writes their headers: the source is the
/// interface's own address.

#include <linux/if_packet.h>
#include <sys/socket.h>

#include <array>
#include <cstddef>
#include <cstdint>
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
  /// The same in a frame of another kind (sll_protocol; linux/if_ether.h).
  void add_as(std::uint16_t protocol, std::size_t slot, const MacAddress& to,
              std::initializer_list<std::span<const std::byte>> pieces) noexcept;
  /// Sends those that were added, in order, as MessagePort::send() does: tells when each left, and
  /// sets `batch.next` behind the last that did. `ok` if at least one did.
  BatchResult send(int fd, Batch& batch) noexcept;
  /// Does all of this for what is left of a batch: `add_one(index, slot, place)` adds a frame for
  /// each slot that is to be sent, the one at `place`, below kSlots.
  template <typename AddOne>
  BatchResult send_each(int fd, Batch& batch, const AddOne& add_one) noexcept;

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

template <typename AddOne>
BatchResult LinkSender::send_each(int fd, Batch& batch, const AddOne& add_one) noexcept {
  const auto wanted = [](const Slot& slot) { return !slot.skip && slot.refused == Refusal::none; };
  clear();
  for (std::size_t i = batch.next; i < batch.count && !full(); ++i) {
    const Slot& slot = batch.slots()[i];
    if (wanted(slot)) add_one(i, slot, count_);
  }
  if (count_ == 0) {
    batch.next = batch.count;
    return {IoStatus::ok, 0, 0};
  }
  const std::size_t added = count_;
  const BatchResult result = send(fd, batch);
  // What follows the last one and is not to be sent is done, too.
  if (result.status == IoStatus::ok && result.messages == added) {
    while (batch.next < batch.count && !wanted(batch.slots()[batch.next])) ++batch.next;
  }
  return result;
}

}  // namespace netecho
