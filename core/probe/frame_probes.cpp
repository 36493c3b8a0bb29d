#include "core/probe/frame_probes.hpp"

#include <algorithm>
#include <cstring>

#include "core/probe/probe_bytes.hpp"

namespace netecho {
namespace {

constexpr std::size_t kSessionAt = 16;
constexpr std::size_t kSessionBytes = 8;

}  // namespace

FrameProbes::Known::Known(std::span<const std::byte> frame, std::size_t end) noexcept
    : header_end{end}, checksums{frame, end} {
  std::ranges::copy(frame.first<kFrameHeaderBytes>(), head.begin());
}

/// What a frame of a session begins with is the same in all of them, but for checksum and sequence.
bool FrameProbes::Known::begins(const std::byte* message) const noexcept {
  return std::memcmp(message, head.data(), kFrameChecksumAt) == 0 &&
         std::memcmp(message + kSessionAt, head.data() + kSessionAt, kSessionBytes) == 0;
}

FrameProbes::FrameProbes(const ProbeFormatOptions& options)
    : key_{options.key},
      session_{options.session},
      size_bytes_{options.size_bytes},
      header_bytes_{size_bytes_ >= frame_minimum(true, key_ != nullptr) ? kFrameStampedHeaderBytes
                                                                        : kFrameHeaderBytes},
      frame_bytes_{beginning_bytes()},
      storage_{make_probes(options.at_hand)},
      request_{first_frame(), kFrameHeaderBytes},
      reply_{answer_to(first_frame(), header_bytes_)} {}

/// How many bytes are the frame that is answered.
std::size_t FrameProbes::beginning_bytes() const noexcept {
  const std::size_t bytes = std::min<std::size_t>(size_bytes_, kFrameMaxBytes);
  const std::size_t smallest = frame_minimum(false, key_ != nullptr);
  // A rest that is too small for a frame would be one that nobody can verify.
  const bool small_rest = size_bytes_ > bytes && size_bytes_ < bytes + smallest;
  return key_ != nullptr && small_rest ? bytes - smallest : bytes;
}

/// So many probes, one behind the other.
std::vector<std::byte> FrameProbes::make_probes(std::size_t at_hand) const {
  std::vector<std::byte> probes(size_bytes_ * at_hand);
  const auto first = std::span{probes}.first(size_bytes_);
  fill_with(SplitMix64{session_}, first.subspan(header_bytes_));
  FrameHeader header;
  header.session = session_;
  if (asks_for_stamps()) header.stamp = FrameStamp{};
  write_frame(header, first.first(frame_bytes_));
  fill_with_frames(first.subspan(frame_bytes_));
  for (std::size_t i = 1; i < at_hand; ++i) {
    std::copy(first.begin(), first.end(),
              first.begin() + static_cast<std::ptrdiff_t>(i * size_bytes_));
  }
  return probes;
}

FrameProbes::Known FrameProbes::answer_to(std::span<const std::byte> frame,
                                          std::size_t header_end) {
  std::vector<std::byte> reply{frame.begin(), frame.end()};
  set_reply_type(reply);
  return {reply, header_end};
}

void FrameProbes::write_frame(FrameHeader header, std::span<std::byte> to) const noexcept {
  header.length = static_cast<std::uint32_t>(to.size());
  header.authenticated = key_ != nullptr;
  encode_frame(header, to);
  if (key_ != nullptr) key_->sign(to);
}

void FrameProbes::fill_with_frames(std::span<std::byte> rest) const noexcept {
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
    request_.checksums.set_sequence(frame.data(), {first.value + i});
    if (key_ != nullptr) key_->sign(frame);
  }
  return all;
}

/// Whether all that is the same in every probe and its answer is there, the header's end at `from`.
bool FrameProbes::has_fixed_bytes(const std::byte* message, std::size_t from) const noexcept {
  const auto same = [&](std::size_t begin, std::size_t end) {
    return same_bytes({message + begin, end - begin}, {storage_.data() + begin, end - begin});
  };
  return same(from, frame_bytes_ - tag_bytes()) && same(frame_bytes_, size_bytes_);
}

/// Whether a message that begins as a frame that is known is whole. What is not compared with what
/// is known is in its checksum, or under its tag.
bool FrameProbes::is_intact(std::span<const std::byte> message, const Known& known) const noexcept {
  if (!has_fixed_bytes(message.data(), known.header_end)) return false;
  if (key_ == nullptr) return known.checksums.match(message.data());
  const auto frame = message.first(frame_bytes_);
  return checksum_matches(frame) && key_->verify(frame);
}

/// Most of what comes is as it should be, and is found to be so in the least time.
void FrameProbes::read_frame(std::span<const std::byte> message, Reading& out) const noexcept {
  const bool our_size = message.size() == size_bytes_;
  const bool answered = our_size && reply_.begins(message.data());
  // With a key, what anybody can send back, the request itself, proves nothing.
  const bool returned = our_size && !answered && key_ == nullptr && request_.begins(message.data());
  if ((!answered && !returned) || !is_intact(message, answered ? reply_ : request_)) {
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
