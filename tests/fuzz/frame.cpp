// Decoding a frame, and what a stamping server makes of it.

#include "core/codec/frame.hpp"
#include "core/codec/crc32c.hpp"
#include "core/codec/stamp.hpp"
#include "tests/core/codec/hand_clock.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace netecho::fuzz {
namespace {

void decoding(std::span<const std::byte> bytes) {
  FramePrefix prefix;
  const DecodeStatus early = decode_prefix(bytes, prefix);
  FrameHeader header;
  const DecodeStatus status = decode_frame(bytes, header);
  if (status != DecodeStatus::ok) return;
  require(early == DecodeStatus::ok, "a frame has the prefix of one");
  require(header.length == bytes.size() && prefix.length == bytes.size(), "its length is its size");
  require(bytes.size() >= frame_minimum(header.stamp.has_value(), header.authenticated),
          "its parts fit into it");
  require(checksum_matches(bytes), "its checksum is right");
  std::vector<std::byte> again = copy_of(bytes);
  encode_frame(header, again);
  require(std::ranges::equal(bytes, again), "its header encodes to the same bytes");
}

void stamping(std::span<const std::byte> bytes) {
  test::HandClock clock{Instant{std::chrono::seconds{5}}, WallTime{std::chrono::seconds{1}}};
  SessionTable sessions{1, 8};
  StampSource source{sessions, clock};
  source.begin(clock.now());
  FrameHeader before;
  const bool whole = decode_frame(bytes, before) == DecodeStatus::ok;
  std::vector<std::byte> message = copy_of(bytes);
  const bool stamped = stamp_message(message, source);
  if (!stamped) {
    require(std::ranges::equal(bytes, message), "what is not stamped is not touched");
    return;
  }
  FrameHeader after;
  require((decode_frame(message, after) == DecodeStatus::ok) == whole,
          "a whole frame stays whole, and a corrupt one corrupt");
  require(std::ranges::equal(bytes.subspan(kFrameStampedHeaderBytes),
                             std::span{message}.subspan(kFrameStampedHeaderBytes)),
          "the payload is left alone");
  if (!whole) return;
  require(after.type == FrameType::reply && after.session == before.session &&
              after.sequence == before.sequence && after.length == before.length,
          "a reply is that of its request");
  require(after.stamp && after.stamp->count <= 1, "the first frame of a session counts once");
}

}  // namespace

void fuzz_one(std::span<const std::byte> input) {
  decoding(input);
  stamping(input);
  // The search seldom hits a checksum: with the right one there is more to see.
  FramePrefix prefix;
  if (decode_prefix(input, prefix) != DecodeStatus::ok || prefix.length != input.size()) return;
  std::vector<std::byte> repaired = copy_of(input);
  write_checksum(repaired);
  decoding(repaired);
  stamping(repaired);
}

}  // namespace netecho::fuzz
