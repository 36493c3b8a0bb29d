#include "core/probe/prober_content.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "core/base/random.hpp"

namespace netecho {
namespace {

constexpr std::size_t kSequenceBytes = 4;

/// std::ranges::equal looks at one byte after the other.
bool same(std::span<const std::byte> a, std::span<const std::byte> b) noexcept {
  return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size()) == 0);
}

void fill(std::span<std::byte> to, SplitMix64 bits) noexcept {
  std::uint64_t left = 0;
  for (std::size_t i = 0; i < to.size(); ++i) {
    left = i % 8 == 0 ? bits.next() : left >> 8;
    to[i] = static_cast<std::byte>(left);
  }
}

}  // namespace

ProbeContent::ProbeContent(std::uint32_t size_bytes, std::uint64_t session, std::size_t slots,
                           const AuthKey* key)
    : key_{key}, session_{session}, size_bytes_{size_bytes}, storage_(size_bytes * slots) {
  const bool authenticated = key != nullptr;
  const std::size_t smallest = frame_minimum(false, authenticated);
  if (size_bytes < smallest) return;
  const auto first = std::span{storage_}.first(size_bytes);
  const bool stamped = size_bytes >= frame_minimum(true, authenticated);
  header_bytes_ = stamped ? kFrameStampedHeaderBytes : kFrameHeaderBytes;
  frame_bytes_ = std::min<std::size_t>(size_bytes, kFrameMaxBytes);
  // A rest that is too small for a frame would be one that nobody can verify.
  if (authenticated && size_bytes > frame_bytes_ && size_bytes < frame_bytes_ + smallest) {
    frame_bytes_ -= smallest;
  }
  fill(first.subspan(header_bytes_), SplitMix64{session});
  FrameHeader header;
  header.session = session;
  if (stamped) header.stamp = FrameStamp{};
  write_frame(header, first.first(frame_bytes_));
  fill_with_frames(first.subspan(frame_bytes_));
  for (std::size_t i = 1; i < slots; ++i) {
    std::copy(first.begin(), first.end(),
              first.begin() + static_cast<std::ptrdiff_t>(i * size_bytes));
  }
}

void ProbeContent::write_frame(FrameHeader header, std::span<std::byte> to) const noexcept {
  header.length = static_cast<std::uint32_t>(to.size());
  header.authenticated = key_ != nullptr;
  encode_frame(header, to);
  if (key_ != nullptr) key_->sign(to);
}

void ProbeContent::fill_with_frames(std::span<std::byte> rest) noexcept {
  const std::size_t smallest = frame_minimum(false, key_ != nullptr);
  while (rest.size() >= smallest) {
    std::size_t length = std::min(rest.size(), kFrameMaxBytes);
    const std::size_t behind = rest.size() - length;
    if (behind > 0 && behind < smallest) length -= smallest;
    FrameHeader header;
    header.session = session_;
    if (key_ != nullptr) {
      // A server with the key answers every request. What it is not to touch is a reply; of
      // another session, so that nobody can send it back as one of this.
      header.type = FrameType::reply;
      header.session = ~session_;
    }
    write_frame(header, rest.first(length));
    rest = rest.subspan(length);
  }
}

void ProbeContent::write_pattern(Sequence sequence, std::span<std::byte> to) const noexcept {
  const std::size_t head = std::min(to.size(), kSequenceBytes);
  for (std::size_t i = 0; i < head; ++i) {
    to[i] = static_cast<std::byte>(sequence.value >> (8 * i));
  }
  fill(to.subspan(head), SplitMix64{session_ ^ sequence.value});
}

std::span<std::byte> ProbeContent::encode(Sequence sequence, std::size_t slot) noexcept {
  const auto probe = std::span{storage_}.subspan(slot * size_bytes_, size_bytes_);
  if (has_frame()) {
    set_frame_sequence(probe.first(frame_bytes_), sequence);
    if (key_ != nullptr) key_->sign(probe.first(frame_bytes_));
  } else {
    write_pattern(sequence, probe);
  }
  return probe;
}

/// Whether the header is that of an answer to one of our probes.
bool ProbeContent::is_answer(const FrameHeader& header) const noexcept {
  // What anybody can send back, the request itself, proves nothing.
  if (key_ != nullptr && header.type != FrameType::reply) return false;
  return header.authenticated == (key_ != nullptr) && header.stamp.has_value() == has_stamp_block();
}

/// Whether all that is the same in every probe and its answer is there, the header's end at `from`.
bool ProbeContent::has_fixed_bytes(std::span<const std::byte> message,
                                   std::size_t from) const noexcept {
  const std::size_t payload = frame_bytes_ - tag_bytes() - from;
  return same(message.subspan(from, payload), probe().subspan(from, payload)) &&
         same(message.subspan(frame_bytes_), probe().subspan(frame_bytes_));
}

Reading ProbeContent::read_frame(std::span<const std::byte> message) const noexcept {
  FrameHeader header;
  const auto frame = message.first(
      message.size() == size_bytes_ ? frame_bytes_ : std::min(message.size(), kFrameMaxBytes));
  const bool decoded = decode_frame(frame, header) == DecodeStatus::ok;
  if (decoded && header.session != session_) return {.kind = ReadingKind::foreign};
  if (decoded && message.size() == size_bytes_ && is_answer(header)) {
    const bool answered = header.type == FrameType::reply;
    if (has_fixed_bytes(message, answered ? header_bytes_ : kFrameHeaderBytes) &&
        (key_ == nullptr || key_->verify(frame))) {
      return {ReadingKind::intact, header.sequence, answered ? header.stamp : std::nullopt};
    }
  }
  return unlike(message);
}

/// What is no answer as it should be.
Reading ProbeContent::unlike(std::span<const std::byte> message) const noexcept {
  Reading reading{.kind = key_ != nullptr ? ReadingKind::unproven : ReadingKind::damaged};
  if (message.size() < kFrameHeaderBytes) return reading;
  const FrameKey key = read_frame_key(message);
  if (key.session == session_) reading.sequence = key.sequence;
  return reading;
}

bool ProbeContent::is_pattern_of(Sequence sequence,
                                 std::span<const std::byte> message) const noexcept {
  std::array<std::byte, kFrameHeaderBytes> storage;
  const auto whole = std::span{storage}.first(size_bytes_);
  write_pattern(sequence, whole);
  return same(message, whole.first(message.size()));
}

Reading ProbeContent::read(std::span<const std::byte> message, Sequence expected,
                           Sequence next) const noexcept {
  if (has_frame()) return read_frame(message);
  if (message.size() != size_bytes_ || next.value == 0) return {};
  if (is_pattern_of(expected, message)) return {ReadingKind::intact, expected, {}};
  // A copy of an earlier one? Its sequence is the last that ends in these bytes.
  std::uint64_t low = 0;
  const std::size_t head = std::min(message.size(), kSequenceBytes);
  for (std::size_t i = 0; i < head; ++i) low |= std::to_integer<std::uint64_t>(message[i]) << 8 * i;
  const std::uint64_t modulus = std::uint64_t{1} << 8 * head;
  const std::uint64_t last = next.value - 1;
  const std::uint64_t back = (last - low) % modulus;
  if (back > last) return {};
  const Sequence candidate{last - back};
  if (is_pattern_of(candidate, message)) return {ReadingKind::intact, candidate, {}};
  return {};
}

Reading ProbeContent::read_quote(std::span<const std::byte> quote,
                                 Sequence expected) const noexcept {
  if (!has_frame()) {
    const bool ours = quote.size() <= size_bytes_ && is_pattern_of(expected, quote);
    return ours ? Reading{ReadingKind::intact, expected, {}} : Reading{};
  }
  if (quote.size() < kFrameHeaderBytes) return {};
  const FrameKey key = read_frame_key(quote);
  if (key.session != session_) return {.kind = ReadingKind::foreign};
  return {ReadingKind::intact, key.sequence, {}};
}

}  // namespace netecho
