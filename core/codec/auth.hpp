#pragma once

/// \file
/// The tag of an authenticated frame (docs/wire-format.md) is the first 16 bytes of HMAC-SHA-256
/// (RFC 2104) over the frame with checksum and tag zero. Nothing else knows libsodium.

#include <array>
#include <cstddef>
#include <memory>
#include <span>

#include "core/codec/frame.hpp"

namespace netecho {

/// A shared key is kept as the state that HMAC has after taking it, so beyond its own bytes a frame
/// costs one copy of that. It is immutable, so threads may share it, and wiped at its end.
class AuthKey {
 public:
  static constexpr std::size_t kMinBytes = 16;
  static constexpr std::size_t kMaxBytes = 1024;

  /// Only this allocates. It keeps no copy of `key`, whose length the caller has checked and which
  /// the caller wipes.
  explicit AuthKey(std::span<const std::byte> key);
  AuthKey(const AuthKey&) = delete;
  AuthKey& operator=(const AuthKey&) = delete;
  ~AuthKey();

  /// Writes the tag, and the checksum over it. This and verify(): REQUIRES a whole frame with the
  /// authenticated flag, at least 48 bytes.
  void sign(std::span<std::byte> frame) const noexcept;
  /// Whether the tag is right; the checksum is not looked at. Compares in constant time.
  [[nodiscard]] bool verify(std::span<const std::byte> frame) const noexcept;

 private:
  struct State;
  using Tag = std::array<std::byte, kFrameTagBytes>;
  [[nodiscard]] Tag tag_of(std::span<const std::byte> frame) const noexcept;

  std::unique_ptr<State> state_;
};

}  // namespace netecho
