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

bool StampSource::verifies(std::span<const std::byte> frame) const noexcept {
  return checksum_matches(frame) && policy_->key.verify(frame);
}

bool StampSource::is_news(std::span<const std::byte> frame) const noexcept {
  const FrameKey key = read_frame_key(frame);
  return policy_->sessions.is_news(key.session, key.sequence);
}

Treatment StampSource::answer_verified(std::span<std::byte> frame,
                                       const FramePrefix& prefix) noexcept {
  if (prefix.type == FrameType::reply) return Treatment::returned;
  if (prefix.stamped) {
    stamp(
        frame, prefix.length, [] { return true; }, policy_->sessions);
  } else {
    const FrameKey key = read_frame_key(frame);
    static_cast<void>(policy_->sessions.count(key.session, key.sequence, [] { return true; }));
    set_reply_type(frame);  // Not the request itself: anybody could have returned that.
  }
  policy_->key.sign(frame);
  return prefix.stamped ? Treatment::stamped : Treatment::returned;
}

bool claims_authentication(std::span<const std::byte> message, FramePrefix& prefix) noexcept {
  return decode_prefix(message, prefix) == DecodeStatus::ok && prefix.length == message.size() &&
         prefix.authenticated;
}

bool is_reply_frame(std::span<const std::byte> datagram) noexcept {
  FramePrefix prefix;
  if (decode_prefix(datagram, prefix) != DecodeStatus::ok) return false;
  return prefix.type == FrameType::reply && prefix.length == datagram.size() &&
         checksum_matches(datagram);
}

}  // namespace netecho
