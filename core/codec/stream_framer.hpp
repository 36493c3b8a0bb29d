#pragma once

/// \file
/// Finds the frames in a byte stream that a stamping server receives and stamps the requests, in
/// place, without allocation, holding back no more than the start of one header. Only a server with
/// a key holds more, and allocates for it: an authenticated frame until it can be verified.
///
///     receive buffer:  | held bytes | newly received …            |
///     after feed():    | ready to be echoed            | now held |
///
/// The caller puts prefix() at the start of its buffer, receives behind it, and gives both to
/// feed(). A server needs one buffer for all its connections. As long as gap() is not empty it
/// receives there instead, so that no byte of a frame held whole is copied for each piece of it.

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "core/codec/frame.hpp"
#include "core/codec/stamp.hpp"

namespace netecho {

enum class FeedEnd : std::uint8_t {
  none,
  refused,    ///< A wrong tag, or none where one is required: the connection is to be closed.
  no_memory,  ///< For a frame that has to be held; the same.
};

/// This is what became of the bytes given to feed().
struct FeedResult {
  std::size_t ready_bytes = 0;  ///< From the start of the span: to be echoed. The rest is held.
  std::uint32_t frames_stamped = 0;
  bool framing_lost = false;  ///< A bad header was met: the connection is plain from now on.
  /// When it is not `none`, nothing behind the ready bytes may ever be echoed.
  FeedEnd end = FeedEnd::none;
};

/// Each connection has one. A connection is framed if its first receive holds at least 32 bytes
/// that start as a frame; otherwise it is plain for good, and none of its bytes is looked at again.
class StreamFramer {
 public:
  /// No more than this is ever held, but for authenticated frames on a server with a key.
  static constexpr std::size_t kMaxHeldBytes = kFrameStampedHeaderBytes;

  /// The held bytes, which the next span given to feed() has to start with. At most 56, or part of
  /// an authenticated frame.
  [[nodiscard]] std::span<const std::byte> prefix() const noexcept {
    if (whole_) return {whole_.get(), whole_held_};
    return std::span{header_}.first(held_);
  }

  /// What is missing of an authenticated frame is to be received into this. Once it is all there,
  /// prefix() is the frame, for feed() as ever. Empty when no such frame is held.
  [[nodiscard]] std::span<std::byte> gap() noexcept {
    if (!whole_) return {};
    return {whole_.get() + whole_held_, whole_length_ - whole_held_};
  }
  /// The first `count` bytes of gap() have been received.
  void filled(std::size_t count) noexcept { whole_held_ += static_cast<std::uint32_t>(count); }

  /// Whether an authenticated frame is held until all of it is there.
  [[nodiscard]] bool holds_frame() const noexcept { return whole_ != nullptr; }
  /// Whether what is held may not go out: it is, or has to be, a frame whose tag is not verified.
  [[nodiscard]] bool withholds() const noexcept { return whole_ != nullptr || withheld_; }

  /// A plain connection's bytes need not pass through here any more: all of them are ready.
  [[nodiscard]] bool is_plain() const noexcept { return mode_ == Mode::plain; }

  /// Takes prefix() and what was received since, as one span, and stamps what it can. A frame's
  /// `received` is that of the receive that completed its stamp block. What is held is copied: the
  /// buffer may be reused once the ready bytes are echoed. An empty receive changes nothing.
  [[nodiscard]] FeedResult feed(std::span<std::byte> bytes, StampSource& source) noexcept;

  /// Gives the held bytes up, to be echoed as they came: at end of file, when draining, or when
  /// they were held for as long as is allowed (the caller keeps the time). Valid until the next
  /// feed(). The frame they belong to stays unstamped; framing goes on behind it. What is withheld
  /// is discarded instead: then the connection has to end.
  [[nodiscard]] std::span<const std::byte> release() noexcept;

 private:
  enum class Mode : std::uint8_t { undecided, plain, framed };

  struct Cursor;
  /// Takes one step at the cursor; false when there is nothing more to do with these bytes.
  bool pass_payload(Cursor& cursor) noexcept;
  bool complete_released_header(Cursor& cursor, const StampSource& source) noexcept;
  bool begin_frame(Cursor& cursor, StampSource& source) noexcept;
  bool take_authenticated(Cursor& cursor, const FramePrefix& prefix, StampSource& source) noexcept;
  bool lose_framing(Cursor& cursor, const StampSource& source) noexcept;
  void hold_header(std::span<const std::byte> bytes, const StampSource& source) noexcept;

  std::unique_ptr<std::byte[]> whole_;  ///< An authenticated frame, as far as it has arrived.
  std::uint32_t whole_held_ = 0;
  std::uint32_t whole_length_ = 0;
  std::uint32_t remaining_ = 0;  ///< Bytes of the current frame that are still to pass.
  Mode mode_ = Mode::undecided;
  std::uint8_t held_ = 0;  ///< Bytes of header_ that are not echoed yet.
  /// Bytes of header_ that release() gave up before the frame's length was known.
  std::uint8_t released_ = 0;
  bool withheld_ = false;  ///< See withholds(); of the held header.
  std::array<std::byte, kMaxHeldBytes> header_;
};

static_assert(sizeof(StreamFramer) <= 80, "there is one a connection");

}  // namespace netecho
