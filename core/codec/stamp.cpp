#include "core/codec/stamp.hpp"

namespace netecho {

void StampSource::read_clocks() noexcept {
  const Instant now = clock_.now();
  if (!fresh_) {
    const WallTime received = clock_.wall_now() - (now - received_);
    received_unix_ns_ = static_cast<std::uint64_t>(received.time_since_epoch().count());
    fresh_ = true;
  }
  sent_unix_ns_ = received_unix_ns_ + static_cast<std::uint64_t>((now - received_).count());
  frames_since_reading_ = 0;
}

bool stamp_message(std::span<std::byte> message, StampSource& source) noexcept {
  FramePrefix prefix;
  if (decode_prefix(message, prefix) != DecodeStatus::ok) return false;
  if (prefix.length != message.size() || !wants_stamp(prefix)) return false;
  source.stamp(message, prefix.length, [message] { return checksum_matches(message); });
  return true;
}

bool is_reply_frame(std::span<const std::byte> datagram) noexcept {
  FramePrefix prefix;
  if (decode_prefix(datagram, prefix) != DecodeStatus::ok) return false;
  return prefix.type == FrameType::reply && prefix.length == datagram.size() &&
         checksum_matches(datagram);
}

}  // namespace netecho
