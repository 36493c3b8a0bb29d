#include "core/codec/frame.hpp"

#include <algorithm>
#include <cstdlib>

#include "core/codec/big_endian.hpp"
#include "core/codec/crc32c.hpp"
#include "core/codec/crc32c_tables.hpp"

namespace netecho {
namespace {

constexpr std::size_t kVersionAt = 4;
constexpr std::size_t kTypeAt = 5;
constexpr std::size_t kFlagsAt = 6;
constexpr std::size_t kLengthAt = 8;
constexpr std::size_t kPrefixBytes = 12;
constexpr std::size_t kChecksumEnd = kFrameChecksumAt + kFrameChecksumBytes;
constexpr std::size_t kSessionAt = 16;
constexpr std::size_t kStampAt = 32;

constexpr std::uint16_t kStampFlag = 1;
constexpr std::uint16_t kTagFlag = 2;
constexpr std::uint16_t kKnownFlags = kStampFlag | kTagFlag;

using StampBlock = std::array<std::byte, kFrameStampBytes>;

/// This aborts on a broken promise of our own code, never of a peer.
void require(bool holds) noexcept {
  if (!holds) std::abort();
}

std::uint8_t byte_at(std::span<const std::byte> bytes, std::size_t at) noexcept {
  return std::to_integer<std::uint8_t>(bytes[at]);
}

void flip_checksum(std::span<std::byte> frame, std::uint32_t difference) noexcept {
  std::byte* const field = frame.data() + kFrameChecksumAt;
  store_big_endian(field, load_big_endian<std::uint32_t>(field) ^ difference);
}

StampBlock stamp_block(const FrameStamp& stamp) noexcept {
  StampBlock block;
  store_big_endian(block.data(), stamp.received_unix_ns);
  store_big_endian(block.data() + 8, stamp.sent_unix_ns);
  store_big_endian(block.data() + 16, stamp.count);
  return block;
}

std::uint16_t flags_of(const FrameHeader& header) noexcept {
  return static_cast<std::uint16_t>((header.stamp ? kStampFlag : 0) |
                                    (header.authenticated ? kTagFlag : 0));
}

/// The remainder, at the end of the stamp block, of the bits that turn type 1 into type 2.
constexpr std::uint32_t kTypeChange = [] {
  std::uint32_t remainder = 1 ^ 2;
  for (std::size_t bit = 8 * kTypeAt; bit < 8 * kFrameStampedHeaderBytes; ++bit) {
    remainder = crc_times_x(remainder);
  }
  return remainder;
}();

}  // namespace

DecodeStatus decode_prefix(std::span<const std::byte> bytes, FramePrefix& out) noexcept {
  const std::size_t size = bytes.size();
  for (std::size_t i = 0; i < std::min(size, kFrameMagic.size()); ++i) {
    if (byte_at(bytes, i) != kFrameMagic[i]) return DecodeStatus::bad_magic;
  }
  if (size > kVersionAt && byte_at(bytes, kVersionAt) != kFrameVersion) {
    return DecodeStatus::bad_version;
  }
  const std::uint8_t type = size > kTypeAt ? byte_at(bytes, kTypeAt) : 1;
  if (type != 1 && type != 2) return DecodeStatus::bad_type;
  if (size > kFlagsAt && byte_at(bytes, kFlagsAt) != 0) return DecodeStatus::bad_flags;
  const std::uint8_t flags = size > kFlagsAt + 1 ? byte_at(bytes, kFlagsAt + 1) : 0;
  if ((flags & ~kKnownFlags) != 0) return DecodeStatus::bad_flags;
  if (size < kPrefixBytes) return DecodeStatus::truncated;

  const auto length = load_big_endian<std::uint32_t>(bytes.data() + kLengthAt);
  const bool stamped = (flags & kStampFlag) != 0;
  const bool authenticated = (flags & kTagFlag) != 0;
  if (length < frame_minimum(stamped, authenticated) || length > kFrameMaxBytes) {
    return DecodeStatus::bad_length;
  }
  out = {static_cast<FrameType>(type), stamped, authenticated, length};
  return DecodeStatus::ok;
}

DecodeStatus decode_frame(std::span<const std::byte> bytes, FrameHeader& out) noexcept {
  FramePrefix prefix;
  if (const DecodeStatus status = decode_prefix(bytes, prefix); status != DecodeStatus::ok) {
    return status;
  }
  if (bytes.size() < prefix.length) return DecodeStatus::truncated;
  if (bytes.size() > prefix.length) return DecodeStatus::bad_length;
  if (!checksum_matches(bytes)) return DecodeStatus::bad_checksum;
  const FrameKey key = read_frame_key(bytes);
  out = {.type = prefix.type,
         .authenticated = prefix.authenticated,
         .length = prefix.length,
         .session = key.session,
         .sequence = key.sequence,
         .stamp = {}};
  if (!prefix.stamped) return DecodeStatus::ok;
  out.stamp = FrameStamp{};
  read_frame_stamp(bytes, *out.stamp);
  return DecodeStatus::ok;
}

bool claims_tag(std::span<const std::byte> head) noexcept {
  return head.size() > kFlagsAt + 1 && (byte_at(head, kFlagsAt + 1) & kTagFlag) != 0;
}

FrameKey read_frame_key(std::span<const std::byte> head) noexcept {
  require(head.size() >= kFrameHeaderBytes);
  return {.session = load_big_endian<std::uint64_t>(head.data() + kSessionAt),
          .sequence = Sequence{load_big_endian<std::uint64_t>(head.data() + kFrameSequenceAt)}};
}

void read_frame_stamp(std::span<const std::byte> head, FrameStamp& out) noexcept {
  require(head.size() >= kFrameStampedHeaderBytes);
  const std::byte* const block = head.data() + kStampAt;
  out.received_unix_ns = load_big_endian<std::uint64_t>(block);
  out.sent_unix_ns = load_big_endian<std::uint64_t>(block + 8);
  out.count = load_big_endian<std::uint64_t>(block + 16);
}

/// The CRC as if there were zeros where the checksum is.
std::uint32_t frame_checksum(std::span<const std::byte> frame) noexcept {
  require(frame.size() >= kFrameHeaderBytes);
  static_assert(kChecksumEnd == 16 && kFrameChecksumAt == 12);
  // Put together from whole words: bytes stored one way and loaded another wait for each other.
  std::array<std::byte, kChecksumEnd> head;
  store_big_endian(head.data(), load_big_endian<std::uint64_t>(frame.data()));
  store_big_endian(head.data() + 8,
                   std::uint64_t{load_big_endian<std::uint32_t>(frame.data() + 8)} << 32);
  return crc32c(frame.subspan(kChecksumEnd), crc32c(head));
}

bool checksum_matches(std::span<const std::byte> frame) noexcept {
  return frame_checksum(frame) == load_big_endian<std::uint32_t>(frame.data() + kFrameChecksumAt);
}

void encode_frame(const FrameHeader& header, std::span<std::byte> frame) noexcept {
  require(frame.size() == header.length && header.length <= kFrameMaxBytes);
  require(header.length >= frame_minimum(header.stamp.has_value(), header.authenticated));
  std::byte* const to = frame.data();
  for (std::size_t i = 0; i < kFrameMagic.size(); ++i) to[i] = std::byte{kFrameMagic[i]};
  to[kVersionAt] = std::byte{kFrameVersion};
  to[kTypeAt] = std::byte{static_cast<std::uint8_t>(header.type)};
  store_big_endian(to + kFlagsAt, flags_of(header));
  store_big_endian(to + kLengthAt, header.length);
  store_big_endian(to + kSessionAt, header.session);
  store_big_endian(to + kFrameSequenceAt, header.sequence.value);
  if (header.stamp) std::ranges::copy(stamp_block(*header.stamp), to + kStampAt);
  write_checksum(frame);
}

void write_checksum(std::span<std::byte> frame) noexcept {
  const std::uint32_t checksum = frame_checksum(frame);
  store_big_endian(frame.data() + kFrameChecksumAt, checksum);
}

void set_reply_type(std::span<std::byte> frame) noexcept {
  require(frame.size() >= kFrameHeaderBytes);
  frame[kTypeAt] = std::byte{static_cast<std::uint8_t>(FrameType::reply)};
}

void stamp_frame(std::span<std::byte> head, std::uint32_t frame_length,
                 const FrameStamp& stamp) noexcept {
  require(head.size() >= kFrameStampedHeaderBytes && frame_length >= kFrameStampedHeaderBytes);
  const StampBlock block = stamp_block(stamp);
  std::byte* const field = head.data() + kStampAt;
  StampBlock changed;
  for (std::size_t i = 0; i < block.size(); ++i) changed[i] = block[i] ^ field[i];
  std::ranges::copy(block, field);
  set_reply_type(head);
  const auto behind = static_cast<std::uint32_t>(frame_length - kFrameStampedHeaderBytes);
  flip_checksum(head, crc32c_shift(crc32c_remainder(changed) ^ kTypeChange, behind));
}

}  // namespace netecho
