#pragma once

/// \file
/// Compares an echo with what was sent, in bounded memory, however far the echo lags behind.

#include <cstdint>
#include <optional>
#include <span>

#include "core/base/buffer.hpp"
#include "core/send/exchange.hpp"

namespace netecho {

/// One step moves at most this much of a stream.
inline constexpr std::size_t kChunkBytes = 256 * 1024;

/// What is to be sent is read into a ring, sent from there and compared there, and so never copied.
/// If the echo lags by more than the ring, the source is read again, if it can be; else the ring
/// bounds how far sending may run ahead.
class EchoVerifier {
 public:
  static constexpr std::size_t kRingBytes = 8 * 1024 * 1024;

  explicit EchoVerifier(PayloadSource& source);

  /// False if more must come back before more may be sent.
  [[nodiscard]] bool has_room() const noexcept { return room() != 0; }
  /// Returns where to put the next bytes to be sent. They overwrite what was sent one ring before.
  [[nodiscard]] std::span<std::byte> space() noexcept;
  /// Returns the first `bytes` of space(), which will be sent. They stay there until the next call
  /// of space().
  std::span<const std::byte> sent(std::size_t bytes) noexcept;
  /// True if nothing of what was sent has still to come back.
  void expect_nothing() noexcept { verified_ = sent_; }
  /// Takes the next bytes that came back. Returns the offset of the first that differs or was never
  /// sent; none if all are as sent.
  [[nodiscard]] std::optional<std::uint64_t> verify(std::span<const std::byte> bytes);

  [[nodiscard]] std::uint64_t sent_bytes() const noexcept { return sent_; }

 private:
  [[nodiscard]] std::size_t room() const noexcept;
  [[nodiscard]] std::span<const std::byte> expected(std::size_t at_most);

  PayloadSource& source_;
  bool rereads_;
  Buffer ring_;
  std::optional<Buffer> again_;  ///< What was read again.
  std::uint64_t sent_ = 0;
  std::uint64_t verified_ = 0;
};

}  // namespace netecho
