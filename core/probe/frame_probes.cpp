#include "core/probe/frame_probes.hpp"

#include <algorithm>
#include <cstring>

#include "core/probe/probe_bytes.hpp"

namespace netecho {
namespace {

constexpr std::size_t kSessionAt = 16;
constexpr std::size_t kSessionBytes = 8;

}  // namespace

FrameProbes::FrameProbes(const ProbeFormatOptions& options)
    : key_{options.key},
      session_{options.session},
      size_bytes_{options.size_bytes},
      storage_(size_bytes_ * options.at_hand) {
  const bool authenticated = key_ != nullptr;
  const std::size_t smallest = frame_minimum(false, authenticated);
  const auto first = std::span{storage_}.first(size_bytes_);
  const bool stamped = size_bytes_ >= frame_minimum(true, authenticated);
  header_bytes_ = stamped ? kFrameStampedHeaderBytes : kFrameHeaderBytes;
  frame_bytes_ = std::min<std::size_t>(size_bytes_, kFrameMaxBytes);
  // A rest that is too small for a frame would be one that nobody can verify.
  if (authenticated && size_bytes_ > frame_bytes_ && size_bytes_ < frame_bytes_ + smallest) {
    frame_bytes_ -= smallest;
  }
  fill_with(SplitMix64{session_}, first.subspan(header_bytes_));
  FrameHeader header;
  header.session = session_;
  if (stamped) header.stamp = FrameStamp{};
  write_frame(header, first.first(frame_bytes_));
  fill_with_frames(first.subspan(frame_bytes_));
  std::ranges::copy(first.first<kFrameHeaderBytes>(), request_.begin());
  reply_ = request_;
  set_reply_type(reply_);
  for (std::size_t i = 1; i < options.at_hand; ++i) {
    std::copy(first.begin(), first.end(),
              first.begin() + static_cast<std::ptrdiff_t>(i * size_bytes_));
  }
}

void FrameProbes::write_frame(FrameHeader header, std::span<std::byte> to) const noexcept {
  header.length = static_cast<std::uint32_t>(to.size());
  header.authenticated = key_ != nullptr;
  encode_frame(header, to);
  if (key_ != nullptr) key_->sign(to);
}

void FrameProbes::fill_with_frames(std::span<std::byte> rest) noexcept {
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

std::span<std::byte> FrameProbes::encode(Sequence first, std::size_t probes) noexcept {
  const auto all = std::span{storage_}.first(probes * size_bytes_);
  for (std::size_t i = 0; i < probes; ++i) {
    const auto frame = all.subspan(i * size_bytes_, frame_bytes_);
    set_frame_sequence(frame, {first.value + i});
    if (key_ != nullptr) key_->sign(frame);
  }
  return all;
}

/// What a frame of a session begins with is the same in all of them, but for checksum and sequence.
bool FrameProbes::begins_like(const Head& head, const std::byte* message) noexcept {
  return std::memcmp(message, head.data(), kFrameChecksumAt) == 0 &&
         std::memcmp(message + kSessionAt, head.data() + kSessionAt, kSessionBytes) == 0;
}

/// Whether all that is the same in every probe and its answer is there, the header's end at `from`.
bool FrameProbes::has_fixed_bytes(const std::byte* message, std::size_t from) const noexcept {
  const auto same = [&](std::size_t begin, std::size_t end) {
    return begin == end || std::memcmp(message + begin, storage_.data() + begin, end - begin) == 0;
  };
  return same(from, frame_bytes_ - tag_bytes()) && same(frame_bytes_, size_bytes_);
}

/// Whether a message that begins like one of ours, up to `header_end`, is whole.
bool FrameProbes::is_intact(std::span<const std::byte> message,
                            std::size_t header_end) const noexcept {
  const auto frame = message.first(frame_bytes_);
  return checksum_matches(frame) && has_fixed_bytes(message.data(), header_end) &&
         (key_ == nullptr || key_->verify(frame));
}

/// Most of what comes is as it should be, and is found to be so in the least time.
void FrameProbes::read_frame(std::span<const std::byte> message, Reading& out) const noexcept {
  const bool our_size = message.size() == size_bytes_;
  const bool answered = our_size && begins_like(reply_, message.data());
  // With a key, what anybody can send back, the request itself, proves nothing.
  const bool returned = our_size && key_ == nullptr && begins_like(request_, message.data());
  const std::size_t header_end = answered ? header_bytes_ : kFrameHeaderBytes;
  if ((!answered && !returned) || !is_intact(message, header_end)) {
    out = unlike(message);
    return;
  }
  out.kind = ReadingKind::intact;
  out.sequence = read_frame_key(message).sequence;
  out.stamp.reset();
  if (!answered || !asks_for_stamps()) return;
  out.stamp = FrameStamp{};
  read_frame_stamp(message, *out.stamp);
}

/// What is no answer as it should be.
Reading FrameProbes::unlike(std::span<const std::byte> message) const noexcept {
  const bool of_our_size = message.size() == size_bytes_;
  const std::size_t frame_bytes = of_our_size ? frame_bytes_ : kFrameMaxBytes;
  FrameHeader header;
  const DecodeStatus decoded =
      decode_frame(message.first(std::min(message.size(), frame_bytes)), header);
  if (decoded == DecodeStatus::ok && header.session != session_) {
    return {.kind = ReadingKind::foreign};
  }
  Reading reading{.kind = key_ != nullptr ? ReadingKind::unproven : ReadingKind::damaged};
  if (message.size() < kFrameHeaderBytes) return reading;
  const FrameKey key = read_frame_key(message);
  if (key.session == session_) reading.sequence = key.sequence;
  return reading;
}

void FrameProbes::read(const Slot& slot, const Answerable& /*answerable*/,
                       std::span<Reading> readings) const noexcept {
  read_each(slot, readings,
            [this](std::span<const std::byte> message, Reading& out) { read_frame(message, out); });
}

/// A router may quote no more than what a transport has before the message, which tells the probe
/// where its number is there.
Reading FrameProbes::read_quote(const Slot& quote, const Answerable& answerable) const noexcept {
  if (quote.size < kFrameHeaderBytes) {
    const auto numbered = sequence_of(quote.number, answerable.next);
    return numbered ? Reading{ReadingKind::intact, numbered, {}} : Reading{};
  }
  const FrameKey key = read_frame_key({quote.data, quote.size});
  if (key.session != session_) return {.kind = ReadingKind::foreign};
  return {ReadingKind::intact, key.sequence, {}};
}

}  // namespace netecho
