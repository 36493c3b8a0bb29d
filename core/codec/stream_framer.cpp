#include "core/codec/stream_framer.hpp"

#include <algorithm>

namespace netecho {
namespace {

/// Magic to length: what decides whether this is a frame, and how long it is.
constexpr std::size_t kDecisiveBytes = 12;

}  // namespace

struct StreamFramer::Cursor {
  std::span<std::byte> left;  ///< Not looked at yet.
  std::size_t passed = 0;
  FeedResult result{};

  void pass(std::size_t count) noexcept {
    left = left.subspan(count);
    passed += count;
  }
};

FeedResult StreamFramer::feed(std::span<std::byte> bytes, StampSource& source) noexcept {
  if (mode_ == Mode::undecided && !bytes.empty()) {
    FramePrefix prefix;
    const bool framed =
        bytes.size() >= kFrameHeaderBytes && decode_prefix(bytes, prefix) == DecodeStatus::ok;
    mode_ = framed ? Mode::framed : Mode::plain;
  }
  if (mode_ != Mode::framed) return {.ready_bytes = bytes.size()};

  Cursor cursor{.left = bytes};
  held_ = 0;  // They are the start of `bytes`.
  bool more = true;
  while (more && !cursor.left.empty()) {
    if (remaining_ != 0) {
      more = pass_payload(cursor);
    } else if (released_ != 0) {
      more = complete_released_header(cursor);
    } else {
      more = begin_frame(cursor, source);
    }
  }
  cursor.result.ready_bytes = cursor.passed;
  return cursor.result;
}

bool StreamFramer::pass_payload(Cursor& cursor) noexcept {
  const auto count =
      static_cast<std::uint32_t>(std::min<std::size_t>(remaining_, cursor.left.size()));
  remaining_ -= count;
  cursor.pass(count);
  return true;
}

/// The first bytes of this header are echoed already: it is read on only to learn where it ends.
bool StreamFramer::complete_released_header(Cursor& cursor) noexcept {
  const std::size_t count = std::min(kDecisiveBytes - released_, cursor.left.size());
  std::copy_n(cursor.left.begin(), count, header_.begin() + released_);
  released_ = static_cast<std::uint8_t>(released_ + count);
  FramePrefix prefix;
  const DecodeStatus status = decode_prefix(std::span{header_}.first(released_), prefix);
  cursor.pass(count);
  if (status == DecodeStatus::truncated) return true;
  if (status != DecodeStatus::ok) return lose_framing(cursor);
  remaining_ = prefix.length - released_;
  released_ = 0;
  return true;
}

bool StreamFramer::begin_frame(Cursor& cursor, StampSource& source) noexcept {
  FramePrefix prefix;
  const DecodeStatus status = decode_prefix(cursor.left, prefix);
  const bool incomplete =
      status == DecodeStatus::truncated || (status == DecodeStatus::ok && wants_stamp(prefix) &&
                                            cursor.left.size() < kFrameStampedHeaderBytes);
  if (incomplete) {
    held_ = static_cast<std::uint8_t>(cursor.left.size());
    std::ranges::copy(cursor.left, header_.begin());
    return false;
  }
  if (status != DecodeStatus::ok) return lose_framing(cursor);
  if (wants_stamp(prefix)) {
    // The bytes to come are not here to be checked; a byte stream has its own checksums.
    source.stamp(cursor.left, prefix.length, [] { return true; });
    ++cursor.result.frames_stamped;
  }
  remaining_ = prefix.length;
  return true;
}

bool StreamFramer::lose_framing(Cursor& cursor) noexcept {
  cursor.pass(cursor.left.size());
  cursor.result.framing_lost = true;
  mode_ = Mode::plain;
  return false;
}

std::span<const std::byte> StreamFramer::release() noexcept {
  const std::span<const std::byte> bytes = prefix();
  if (bytes.empty()) return bytes;
  FramePrefix decoded;
  if (decode_prefix(bytes, decoded) == DecodeStatus::ok) {
    remaining_ = decoded.length - held_;
  } else {
    released_ = held_;
  }
  held_ = 0;
  return bytes;
}

}  // namespace netecho
