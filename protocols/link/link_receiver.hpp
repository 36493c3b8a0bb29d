#pragma once

/// \file
/// Receives frames, several by one call, and knows which of them are for this station.

#include <linux/if_packet.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>

#include "core/base/mac_address.hpp"
#include "core/net/kernel_stamps.hpp"
#include "core/seam/batch.hpp"
#include "core/seam/message_port.hpp"
#include "protocols/message/expected_messages.hpp"

namespace netecho {

/// What comes with a frame besides its payload.
struct LinkMessage {
  MacAddress from;
  bool for_many = false;            ///< It was sent to a multicast or the broadcast address.
  std::uint16_t protocol = 0;       ///< Its ethertype, or a number of linux/if_ether.h.
  std::span<const std::byte> head;  ///< The first bytes of its data, as many as were asked for.
};

/// What limits the rate of a station (Slot::source_prefix).
[[nodiscard]] std::uint64_t rate_prefix(const MacAddress& station) noexcept;

/// What a server is told of a receive: while its interface is down, that nothing came. What comes
/// when that is up again is served as before.
[[nodiscard]] BatchResult unless_down(const BatchResult& result) noexcept;

class LinkReceiver {
 public:
  static constexpr std::size_t kSlots = 32;
  static constexpr std::size_t kMostHeadBytes = 48;

  enum class Pace : std::uint8_t {
    one_by_one,  ///< As long as single frames come: a call for many looks for a second one first.
    many,
  };

  /// The first `head_bytes` of each frame's data go to LinkMessage::head, the others to its slot.
  /// The first `drops_before` frames that the kernel has dropped are not counted.
  LinkReceiver(std::size_t head_bytes, Pace pace, std::uint32_t drops_before = 0)
      : head_bytes_{head_bytes},
        pace_{pace},
        last_drops_{drops_before},
        envelopes_{std::make_unique<Envelopes>()} {}

  /// Fills the slots with those frames for this station that `keep(message, slot)` wants, and
  /// remembers who sent each.
  template <typename Keep>
  BatchResult receive(int fd, Batch& batch, const Keep& keep) noexcept;

  /// Who sent slot `index` of the last batch.
  [[nodiscard]] const MacAddress& sender(std::size_t index) const noexcept {
    return (*envelopes_)[index].message.from;
  }
  /// How many frames a full receive queue made the kernel drop.
  [[nodiscard]] std::uint64_t kernel_drops() const noexcept { return drops_; }

 private:
  /// There is room for a receive stamp, what is told of a VLAN, and a count of drops.
  static constexpr std::size_t kControlBytes = 256;
  /// So many calls in a row may bring nothing for this station before others have their turn.
  static constexpr int kMostCalls = 8;

  struct Envelope {
    sockaddr_ll from;
    alignas(cmsghdr) std::array<std::byte, kControlBytes> control;
    std::array<std::byte, kMostHeadBytes> head;
    std::array<iovec, 2> pieces;
    LinkMessage message;
  };
  using Envelopes = std::array<Envelope, kSlots>;

  /// Returns how many frames came, or below 0, and errno.
  [[nodiscard]] int receive_frames(int fd, Batch& batch) noexcept;
  void prepare(Batch& batch, std::size_t slots) noexcept;
  [[nodiscard]] int receive_one(int fd) noexcept;
  /// False: the frame is not for this station.
  [[nodiscard]] bool read(std::size_t index, Slot& slot) noexcept;
  void count_drops(std::uint32_t total) noexcept;

  std::size_t head_bytes_;
  Pace pace_;
  bool has_batch_calls_ = true;
  ExpectedMessages expected_;
  std::uint32_t last_drops_;
  std::uint64_t drops_ = 0;
  Instant at_{};  ///< When the last call returned.
  std::unique_ptr<Envelopes> envelopes_;
  std::array<mmsghdr, kSlots> headers_{};
};

template <typename Keep>
BatchResult LinkReceiver::receive(int fd, Batch& batch, const Keep& keep) noexcept {
  batch.count = 0;
  batch.next = 0;
  for (int call = 0; call < kMostCalls; ++call) {
    const int got = receive_frames(fd, batch);
    if (got < 0) {
      const int error = errno;
      if (error == EINTR) continue;
      if (error == EAGAIN) return {IoStatus::would_block, 0, 0};
      return {IoStatus::failed, 0, error};
    }
    for (std::size_t i = 0; i < static_cast<std::size_t>(got); ++i) {
      Slot slot;
      LinkMessage& kept = (*envelopes_)[batch.count].message;
      if (!read(i, slot)) continue;
      if (!keep((*envelopes_)[i].message, slot)) continue;
      // Slots move up where a frame was left out; the bytes stay where they are.
      kept = (*envelopes_)[i].message;
      batch.slots()[batch.count++] = slot;
    }
    if (batch.count > 0) return {IoStatus::ok, batch.count, 0};
  }
  return {IoStatus::would_block, 0, 0};
}

}  // namespace netecho
