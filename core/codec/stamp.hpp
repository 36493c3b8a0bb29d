#pragma once

/// \file
/// A stamping server sets a frame's type to 2, fills its stamp block, and corrects the checksum
/// and, with a key, the tag. Datagrams, records and streams share this code.

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include "core/base/clock.hpp"
#include "core/codec/auth.hpp"
#include "core/codec/frame.hpp"
#include "core/codec/session_table.hpp"

namespace netecho {

/// What a server with a key does with a message that does not claim to be an authenticated frame.
enum class Unauthenticated : std::uint8_t {
  echoed,   ///< The same as a server without a key.
  refused,  ///< Nothing of it is echoed (--require-key).
};

struct AuthPolicy {
  AuthPolicy(const AuthKey& shared_key, Unauthenticated of_others, SessionTable table)
      : key{shared_key}, others{of_others}, sessions{std::move(table)} {}

  const AuthKey& key;
  Unauthenticated others;
  /// Holds sessions of authenticated frames only: without the key nobody can fill it or spoil its
  /// counts.
  SessionTable sessions;
};

/// What becomes of a message or of a whole frame.
enum class Treatment : std::uint8_t {
  returned,  ///< As it came, or signed anew without a stamp.
  stamped,
  refused,    ///< Not to be echoed: a wrong tag, or none where one is required.
  over_rate,  ///< Not to be echoed: it isn't admitted.
};

/// Stamps come from here: the time of the last receive and the sessions' counts. A server has one.
/// Clocks are read only once there is a frame to stamp, so other traffic costs nothing.
class StampSource {
 public:
  /// Both must outlive the source.
  StampSource(SessionTable& sessions, const Clock& clock) noexcept
      : sessions_{sessions}, clock_{clock} {}

  /// Says when the bytes that follow were received. REQUIRED before them; the same instant for all
  /// messages of a batch saves clock readings.
  void begin(Instant received) noexcept {
    fresh_ = fresh_ && received == received_;
    received_ = received;
  }

  /// From now on this is a server with a key. `policy` must outlive the source.
  void authenticate(AuthPolicy& policy) noexcept { policy_ = &policy; }
  [[nodiscard]] bool has_key() const noexcept { return policy_ != nullptr; }
  [[nodiscard]] bool refuses_others() const noexcept {
    return has_key() && policy_->others == Unauthenticated::refused;
  }

  /// Verifies checksum and tag of a whole authenticated frame, whose prefix is decoded. A request
  /// becomes a signed reply in place, stamped if it asks for that; a reply stays as it is.
  /// REQUIRES: has_key().
  [[nodiscard]] Treatment answer_authenticated(std::span<std::byte> frame,
                                               const FramePrefix& prefix) noexcept {
    return verifies(frame) ? answer_verified(frame, prefix) : Treatment::refused;
  }
  /// These are the two halves of it. REQUIRES: has_key().
  [[nodiscard]] bool verifies(std::span<const std::byte> frame) const noexcept;
  [[nodiscard]] Treatment answer_verified(std::span<std::byte> frame,
                                          const FramePrefix& prefix) noexcept;
  /// Whether only who has the key can have sent this verified frame now: a copy that somebody
  /// captured says nothing new. REQUIRES: has_key().
  [[nodiscard]] bool is_news(std::span<const std::byte> frame) const noexcept;

  /// Stamps a request in place. `head` and `frame_length` as in stamp_frame(); `intact()` as in
  /// SessionTable::count().
  template <typename Intact>
  void stamp(std::span<std::byte> head, std::uint32_t frame_length, const Intact& intact) noexcept {
    stamp(head, frame_length, intact, sessions_);
  }

 private:
  /// `sent` is read again after this many frames: it stays right within a microsecond, for a
  /// sixteenth of the cost.
  static constexpr unsigned kFramesPerReading = 16;

  template <typename Intact>
  void stamp(std::span<std::byte> head, std::uint32_t frame_length, const Intact& intact,
             SessionTable& sessions) noexcept {
    refresh();
    const FrameKey key = read_frame_key(head);
    stamp_frame(head, frame_length,
                {.received_unix_ns = received_unix_ns_,
                 .sent_unix_ns = sent_unix_ns_,
                 .count = sessions.count(key.session, key.sequence, intact)});
  }

  void refresh() noexcept {
    if (fresh_ && ++frames_since_reading_ < kFramesPerReading) return;
    read_clocks();
  }
  void read_clocks() noexcept;

  SessionTable& sessions_;
  const Clock& clock_;
  AuthPolicy* policy_ = nullptr;
  Instant received_{};
  std::uint64_t received_unix_ns_ = 0;
  std::uint64_t sent_unix_ns_ = 0;
  unsigned frames_since_reading_ = 0;
  bool fresh_ = false;  ///< received_unix_ns_ belongs to received_.
};

/// Stamps a whole datagram or record and returns true if it is a request with a stamp block; else
/// leaves it as it is. The checksum is not verified but updated, so a corrupt request stays corrupt
/// and its client counts it. Authenticated frames are left alone: only a server with the key may
/// change them.
[[nodiscard]] bool stamp_message(std::span<std::byte> message, StampSource& source) noexcept;

/// Whether a whole datagram or record is a frame that says it is authenticated.
[[nodiscard]] bool claims_authentication(std::span<const std::byte> message,
                                         FramePrefix& prefix) noexcept;
[[nodiscard]] inline bool claims_authentication(std::span<const std::byte> message) noexcept {
  FramePrefix ignored;
  return claims_authentication(message, ignored);
}

/// Does the same with what the source knows of keys: authenticated frames are verified and signed,
/// and whatever is refused is left as it came. `admit()` is not asked of an authenticated frame
/// that is news: whoever has the key is no stranger. One that is not admitted enters no session.
template <typename Admit>
[[nodiscard]] Treatment treat_message(std::span<std::byte> message, StampSource& source,
                                      const Admit& admit) noexcept {
  FramePrefix prefix;
  if (source.has_key() && claims_authentication(message, prefix)) {
    if (!source.verifies(message)) return Treatment::refused;
    if (!source.is_news(message) && !admit()) return Treatment::over_rate;
    return source.answer_verified(message, prefix);
  }
  if (source.refuses_others()) return Treatment::refused;
  // Counted whether it is admitted or not: the request has arrived, and what its sender misses is
  // the way back.
  const bool stamped = stamp_message(message, source);
  if (!admit()) return Treatment::over_rate;
  return stamped ? Treatment::stamped : Treatment::returned;
}
[[nodiscard]] inline Treatment treat_message(std::span<std::byte> message,
                                             StampSource& source) noexcept {
  return treat_message(message, source, [] { return true; });
}

/// Whether a datagram is a valid frame of type 2, checksum included. Such a one is never answered.
[[nodiscard]] bool is_reply_frame(std::span<const std::byte> datagram) noexcept;

/// Whether a stamping server without a key stamps such a frame.
[[nodiscard]] constexpr bool wants_stamp(const FramePrefix& prefix) noexcept {
  return prefix.type == FrameType::request && prefix.stamped && !prefix.authenticated;
}

}  // namespace netecho
