#pragma once

/// \file
/// In a network that is bad on purpose, messages are under way here: late, twice, or behind their
/// successor.
///
/// Messages leave in the order in which they came; jitter never changes it (a message waits for
/// the one before it), only `reorder` does. A reordered message is held back until the next one to
/// the same peer that is neither lost nor corrupt nor itself reordered has left, and goes right
/// behind it: its receiver sees a sequence that is smaller than one it already has (RFC 4737).
/// Without such a successor it goes after kReorderPatience all the same, in its own place: then it
/// was not reordered, and is not counted.
///
/// Nothing here reads a clock or makes a system call: simulations run on the same class.

#include <memory>

#include "core/facts/server_stats.hpp"
#include "core/measure/impairment.hpp"
#include "core/seam/peer_ref.hpp"

namespace netecho {

/// A message waits so long to be overtaken.
inline constexpr Duration kReorderPatience = std::chrono::milliseconds{250};
/// With `rate`, a message waits for the link at most this long; one that would wait longer finds no
/// room.
inline constexpr Duration kLinkQueue = std::chrono::seconds{1};
/// All that is under way in one server may take this much, so that its memory is bounded.
inline constexpr std::size_t kMaxBytesUnderWay = 64 * 1024 * 1024;

/// Holds a message, or what one read of a stream gave. It owns its bytes.
class ImpairedMessage {
 public:
  [[nodiscard]] std::span<std::byte> bytes() noexcept { return {data_.get(), size_}; }
  [[nodiscard]] const PeerRef& peer() const noexcept { return peer_; }
  [[nodiscard]] Instant received() const noexcept { return received_; }
  /// Whether it is the second copy of a duplicated message, whose first has left.
  [[nodiscard]] bool is_second_copy() const noexcept { return first_gone_; }

  std::size_t begin = 0;        ///< Streams: bytes that the socket has taken.
  std::uint32_t corrupted = 0;  ///< Bits that were flipped.

 private:
  friend class ImpairedQueue;
  friend class ImpairedList;

  std::unique_ptr<ImpairedMessage> next_;
  std::unique_ptr<std::byte[]> data_;
  std::size_t size_ = 0;
  PeerRef peer_;
  Instant received_{};
  Instant due_{};
  Duration delay_{};
  bool duplicated_ = false;
  bool delayed_ = false;
  bool overtaken_ = false;
  bool first_gone_ = false;
};

/// The list is first in, first out, and never allocates.
class ImpairedList {
 public:
  ImpairedList() = default;
  ~ImpairedList();
  ImpairedList(const ImpairedList&) = delete;
  ImpairedList& operator=(const ImpairedList&) = delete;

  [[nodiscard]] bool empty() const noexcept { return head_ == nullptr; }
  [[nodiscard]] ImpairedMessage* front() const noexcept { return head_.get(); }
  void push(std::unique_ptr<ImpairedMessage> message) noexcept;
  /// REQUIRES: the list is not empty, here and below.
  std::unique_ptr<ImpairedMessage> pop() noexcept;
  /// Takes out all messages of this peer, in order, and gives each to `take`.
  template <typename Take>
  void extract(const PeerRef& peer, const Take& take) noexcept;

 private:
  std::unique_ptr<ImpairedMessage> head_;
  ImpairedMessage* tail_ = nullptr;
};

class ImpairedQueue {
 public:
  /// The queue counts in both, which must outlive it. `bytes_under_way` may be shared.
  ImpairedQueue(const ImpairmentSpec& spec, ImpairedTotals& totals,
                std::size_t& bytes_under_way) noexcept
      : rate_{spec.rate}, totals_{totals}, bytes_under_way_{bytes_under_way} {}
  ~ImpairedQueue();
  ImpairedQueue(const ImpairedQueue&) = delete;
  ImpairedQueue& operator=(const ImpairedQueue&) = delete;

  /// Takes a copy of a whole message that came at `received`. Returns false if it is lost, by its
  /// fate or for want of room, which is counted.
  [[nodiscard]] bool push(std::span<const std::byte> message, const PeerRef& peer, Instant received,
                          const MessageFate& fate) noexcept;
  /// Takes a copy of a part of a stream; nothing of a stream is lost. Returns null without memory.
  [[nodiscard]] ImpairedMessage* push_part(std::span<const std::byte> bytes, Instant received,
                                           Duration delay) noexcept;
  /// Whether a stream may go on reading; it waits where messages would be dropped.
  [[nodiscard]] bool has_room(Instant now) const noexcept;

  /// Returns what is to leave next, if it may at `now`; else null. It stays in front until gone().
  [[nodiscard]] ImpairedMessage* due(Instant now) noexcept;
  enum class Outcome : std::uint8_t { sent, failed };
  /// The front has left, or could not. A duplicated one that left stays for its second copy.
  void gone(Outcome outcome) noexcept;

  /// When due() may have something; kNever if nothing is under way.
  [[nodiscard]] Instant next_event() const noexcept;
  /// From now on all that is under way may leave at once, in order, because the server ends.
  void rush() noexcept;

  [[nodiscard]] bool empty() const noexcept { return line_.empty() && held_.empty(); }
  /// How many messages have had no copy leave yet.
  [[nodiscard]] std::size_t size() const noexcept { return size_; }

 private:
  [[nodiscard]] std::unique_ptr<ImpairedMessage> make(std::span<const std::byte> bytes,
                                                      Instant received, Duration delay) noexcept;
  void append(std::unique_ptr<ImpairedMessage> message) noexcept;
  void release_held() noexcept;
  [[nodiscard]] bool link_full(Instant now) const noexcept {
    return link_free_ > now && link_free_ - now >= kLinkQueue;
  }

  std::uint64_t rate_;
  ImpairedTotals& totals_;
  std::size_t& bytes_under_way_;
  ImpairedList line_;  ///< In the order of leaving.
  ImpairedList held_;  ///< To be overtaken; in the order of coming.
  std::size_t held_size_ = 0;
  std::size_t size_ = 0;
  Instant link_free_{};             ///< With a rate: when the link has sent all of the line.
  bool overtaker_has_left_ = true;  ///< The last message in its own place was really sent.
  bool rushed_ = false;
};

}  // namespace netecho
