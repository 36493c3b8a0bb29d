#include "core/probe/frame_probes.hpp"

#include <algorithm>

#include "core/probe/probe_bytes.hpp"

namespace netecho {

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

/// Whether the header is that of an answer to one of our probes.
bool FrameProbes::is_answer(const FrameHeader& header) const noexcept {
  // What anybody can send back, the request itself, proves nothing.
  if (key_ != nullptr && header.type != FrameType::reply) return false;
  return header.authenticated == (key_ != nullptr) && header.stamp.has_value() == asks_for_stamps();
}

/// Whether all that is the same in every probe and its answer is there, the header's end at `from`.
bool FrameProbes::has_fixed_bytes(std::span<const std::byte> message,
                                  std::size_t from) const noexcept {
  const std::size_t payload = frame_bytes_ - tag_bytes() - from;
  return same_bytes(message.subspan(from, payload), probe().subspan(from, payload)) &&
         same_bytes(message.subspan(frame_bytes_), probe().subspan(frame_bytes_));
}

Reading FrameProbes::read_frame(std::span<const std::byte> message) const noexcept {
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
Reading FrameProbes::unlike(std::span<const std::byte> message) const noexcept {
  Reading reading{.kind = key_ != nullptr ? ReadingKind::unproven : ReadingKind::damaged};
  if (message.size() < kFrameHeaderBytes) return reading;
  const FrameKey key = read_frame_key(message);
  if (key.session == session_) reading.sequence = key.sequence;
  return reading;
}

void FrameProbes::read(const Slot& slot, const Answerable& /*answerable*/,
                       std::span<Reading> readings) const noexcept {
  read_each(slot, readings,
            [this](std::span<const std::byte> message) { return read_frame(message); });
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
