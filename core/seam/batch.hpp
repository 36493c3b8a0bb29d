#pragma once

/// \file
/// A batch holds the messages that pass a port in one call, and the arena that they live in.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/base/units.hpp"
#include "core/base/zero_pages.hpp"
#include "core/net/icmp_error.hpp"

namespace netecho {

/// All loopback sources together have this prefix.
inline constexpr std::uint64_t kLoopbackPrefix = 1;
/// With this bit a prefix is a station of a link: the number of its MAC address is in the others.
inline constexpr std::uint64_t kStationPrefix = std::uint64_t{1} << 63U;

/// Why a port says that a message must not be answered.
enum class Refusal : std::uint8_t {
  none,
  no_return_address,  ///< Its sender has no address to answer to (unixgram).
  source_port,        ///< From a port that belongs to a service.
  not_unicast,        ///< From or to a multicast or broadcast address.
  hop_limit,          ///< It has no hop left for a reply.
  loop,               ///< The mark of another server on this host.
  not_allowed,        ///< Its source or user is none of those that may.
};

/// A train may have at most so many messages, so that every kernel that knows trains takes it.
inline constexpr std::size_t kTrainMessages = 64;
inline constexpr std::size_t kTrainBytes = 65'507;
/// Any train that comes in has room in so many bytes.
inline constexpr std::size_t kTrainSlotBytes = 65'536;

/// A slot holds one message of a batch, or a train (`segment_size` != 0): several messages of one
/// peer, all but the last of the same size, that pass the kernel as one.
struct Slot {
  std::byte* data = nullptr;
  std::uint32_t size = 0;
  std::uint32_t segment_size = 0;       ///< 0: one message. Else every segment but the last has it.
  Instant at{};                         ///< Received (T4) or sent (T1): next to the system call.
  std::optional<WallTime> kernel_at{};  ///< Received, by the kernel's stamp; see Timestamping.
  int error = 0;  ///< Client ports: errno of a failed earlier send; data is its payload.
  /// The low bits of a probe's sequence, where its transport carries them beside the message. The
  /// port of such a transport counts by itself where none is given, and sets what came back.
  std::optional<std::uint16_t> number{};
  /// With `error`: what the network said, and who. It belongs to the port and is valid until its
  /// next receive().
  const IcmpError* icmp = nullptr;
  /// Server ports: the network prefix or station whose rate its sender has; 0: not limited.
  std::uint64_t source_prefix = 0;
  bool truncated = false;  ///< The message was longer than the slot.
  /// Client ports: it came from another address than was asked, which Senders names.
  bool elsewhere = false;
  std::uint8_t hop_limit = 0;  ///< With what it arrived; 0: that is not known.
  Refusal refused = Refusal::none;
  bool skip = false;  ///< Not to be sent; set by the engine, with its reason counted.

  [[nodiscard]] bool is_train() const noexcept { return segment_size != 0 && size > segment_size; }
  /// How many messages it holds.
  [[nodiscard]] std::size_t segments() const noexcept {
    return segment_size == 0 ? 1 : (size + segment_size - 1) / segment_size;
  }
  /// Returns the first of a train's messages, or the only one.
  [[nodiscard]] Slot first_message() const noexcept {
    Slot out = *this;
    if (is_train()) out.size = segment_size;
    out.segment_size = 0;
    return out;
  }
  /// Drops these bytes from the front.
  void cut_front(std::uint32_t bytes) noexcept {
    data += bytes;
    size -= bytes;
  }
};

/// A batch is a fixed arena of message slots, allocated once. An untouched slot costs nothing.
///
/// receive() fills slots [0, count) and sets next = 0; send() sends [next, count) and advances
/// next. Slot i answers the peer that slot i came from, so the engine never reorders slots.
class Batch {
 public:
  Batch(std::size_t slot_count, std::size_t slot_bytes);
  Batch(const Batch&) = delete;
  Batch& operator=(const Batch&) = delete;

  [[nodiscard]] std::span<Slot> slots() noexcept { return slots_; }
  [[nodiscard]] std::span<Slot> filled() noexcept { return std::span{slots_}.first(count); }
  [[nodiscard]] std::size_t slot_bytes() const noexcept { return slot_bytes_; }
  /// Where slot i's bytes live; receive() resets Slot::data to it.
  [[nodiscard]] std::byte* storage(std::size_t index) const noexcept;

  std::size_t count = 0;  ///< Slots in use.
  std::size_t next = 0;   ///< First slot that send() has still to send.

 private:
  std::size_t slot_bytes_;
  ZeroPages<std::byte> arena_;
  std::vector<Slot> slots_;
};

}  // namespace netecho
