#pragma once

/// \file
/// A server with a key, without its sockets; and authenticated frames for it.

#include "core/codec/stamp.hpp"
#include "tests/core/codec/hand_clock.hpp"
#include "tests/core/codec/vectors.hpp"

namespace netecho::test {

inline constexpr std::uint64_t kWallAtStart = 1'700'000'000'000'000'000;

struct KeyedServer {
  explicit KeyedServer(Unauthenticated others = Unauthenticated::echoed,
                       const Bytes& key_bytes = Bytes(32, std::byte{'k'}))
      : key{key_bytes}, policy{key, others, SessionTable{2}} {
    source.authenticate(policy);
    source.begin(clock.now());
  }

  AuthKey key;
  AuthPolicy policy;
  SessionTable sessions{1};
  HandClock clock{Instant{std::chrono::seconds{5}}, WallTime{Duration{kWallAtStart}}};
  StampSource source{sessions, clock};
};

enum class Tagged : std::uint8_t { no, yes };
enum class WithStamp : std::uint8_t { no, yes };

/// A request with random payload; signed with `key` if `tagged`.
inline Bytes request(const AuthKey& key, std::uint64_t sequence, std::uint32_t length,
                     WithStamp with_stamp = WithStamp::yes, Tagged tagged = Tagged::yes) {
  FrameHeader header{.authenticated = tagged == Tagged::yes,
                     .length = length,
                     .session = 7,
                     .sequence = {},
                     .stamp = {}};
  header.sequence = Sequence{sequence};
  if (with_stamp == WithStamp::yes) header.stamp = FrameStamp{};
  Bytes frame = random_bytes(length, sequence);
  encode_frame(header, frame);
  if (header.authenticated) key.sign(frame);
  return frame;
}

/// The answer to request(key, sequence, length) as the `count`th of its session, at the start of
/// the clock.
inline Bytes answer(const AuthKey& key, std::uint64_t sequence, std::uint32_t length,
                    std::uint64_t count, Tagged tagged = Tagged::yes) {
  Bytes frame = request(key, sequence, length, WithStamp::yes, tagged);
  stamp_frame(frame, length, {kWallAtStart, kWallAtStart, count});
  if (tagged == Tagged::yes) key.sign(frame);
  return frame;
}

inline void append(Bytes& to, const Bytes& more) {
  to.insert(to.end(), more.begin(), more.end());
}

inline Bytes text(std::string_view letters) {
  const auto bytes = std::as_bytes(std::span{letters});
  return {bytes.begin(), bytes.end()};
}

}  // namespace netecho::test
