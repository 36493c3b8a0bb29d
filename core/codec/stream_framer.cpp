#include "core/codec/stream_framer.hpp"

#include <algorithm>
#include <new>

namespace netecho {
namespace {

/// Magic to length decide whether this is a frame, and how long it is.
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
  bool end(FeedEnd why) noexcept {
    result.end = why;
    return false;
  }
};

FeedResult StreamFramer::feed(std::span<std::byte> bytes, StampSource& source) noexcept {
  if (mode_ == Mode::undecided && !bytes.empty()) {
    FramePrefix prefix;
    const bool framed =
        bytes.size() >= kFrameHeaderBytes && decode_prefix(bytes, prefix) == DecodeStatus::ok;
    mode_ = framed ? Mode::framed : Mode::plain;
  }
  if (mode_ != Mode::framed) {
    if (source.refuses_others() && !bytes.empty()) return {.end = FeedEnd::refused};
    return {.ready_bytes = bytes.size()};
  }

  Cursor cursor{.left = bytes};
  held_ = 0;  // They are the start of `bytes`.
  whole_.reset();
  withheld_ = false;
  bool more = true;
  while (more && !cursor.left.empty()) {
    if (remaining_ != 0) {
      more = pass_payload(cursor);
    } else if (released_ != 0) {
      more = complete_released_header(cursor, source);
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
bool StreamFramer::complete_released_header(Cursor& cursor, const StampSource& source) noexcept {
  const std::size_t count = std::min(kDecisiveBytes - released_, cursor.left.size());
  std::copy_n(cursor.left.begin(), count, header_.begin() + released_);
  released_ = static_cast<std::uint8_t>(released_ + count);
  FramePrefix prefix;
  const auto head = std::span{header_}.first(released_);
  const DecodeStatus status = decode_prefix(head, prefix);
  const bool framed = status == DecodeStatus::ok || status == DecodeStatus::truncated;
  // It is too late to verify it: its first bytes did not say what it is.
  if (framed && source.has_key() && claims_tag(head)) return cursor.end(FeedEnd::refused);
  cursor.pass(count);
  if (status == DecodeStatus::truncated) return true;
  if (status != DecodeStatus::ok) return lose_framing(cursor, source);
  remaining_ = prefix.length - released_;
  released_ = 0;
  return true;
}

bool StreamFramer::begin_frame(Cursor& cursor, StampSource& source) noexcept {
  FramePrefix prefix;
  const DecodeStatus status = decode_prefix(cursor.left, prefix);
  if (status == DecodeStatus::ok && source.has_key()) {
    if (prefix.authenticated) return take_authenticated(cursor, prefix, source);
    if (source.refuses_others()) return cursor.end(FeedEnd::refused);
  }
  const bool incomplete =
      status == DecodeStatus::truncated || (status == DecodeStatus::ok && wants_stamp(prefix) &&
                                            cursor.left.size() < kFrameStampedHeaderBytes);
  if (incomplete) {
    hold_header(cursor.left, source);
    return false;
  }
  if (status != DecodeStatus::ok) return lose_framing(cursor, source);
  if (wants_stamp(prefix)) {
    // The bytes to come are not here to be checked; a byte stream has its own checksums.
    source.stamp(cursor.left, prefix.length, [] { return true; });
    ++cursor.result.frames_stamped;
  }
  remaining_ = prefix.length;
  return true;
}

void StreamFramer::hold_header(std::span<const std::byte> bytes,
                               const StampSource& source) noexcept {
  held_ = static_cast<std::uint8_t>(bytes.size());
  std::ranges::copy(bytes, header_.begin());
  withheld_ = source.refuses_others() || (source.has_key() && claims_tag(bytes));
}

/// Nothing of it is passed on before all of it is verified.
bool StreamFramer::take_authenticated(Cursor& cursor, const FramePrefix& prefix,
                                      StampSource& source) noexcept {
  if (cursor.left.size() < prefix.length) {
    whole_.reset(new (std::nothrow) std::byte[prefix.length]);
    if (!whole_) return cursor.end(FeedEnd::no_memory);
    std::ranges::copy(cursor.left, whole_.get());
    whole_held_ = static_cast<std::uint32_t>(cursor.left.size());
    whole_length_ = prefix.length;
    return false;
  }
  const Treatment treatment = source.answer_authenticated(cursor.left.first(prefix.length), prefix);
  if (treatment == Treatment::refused) return cursor.end(FeedEnd::refused);
  if (treatment == Treatment::stamped) ++cursor.result.frames_stamped;
  cursor.pass(prefix.length);
  return true;
}

bool StreamFramer::lose_framing(Cursor& cursor, const StampSource& source) noexcept {
  cursor.result.framing_lost = true;
  mode_ = Mode::plain;
  if (source.refuses_others()) return cursor.end(FeedEnd::refused);
  cursor.pass(cursor.left.size());
  return false;
}

std::span<const std::byte> StreamFramer::release() noexcept {
  if (withholds()) {
    whole_.reset();
    withheld_ = false;
    held_ = 0;
    return {};
  }
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
