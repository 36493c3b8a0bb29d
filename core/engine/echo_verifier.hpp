#pragma once

/// \file
/// Compares an echo with what was sent, in bounded memory, however far the echo lags behind.

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/engine/exchange.hpp"

namespace netecho {

/// What was sent and not verified yet is read from its source again where the source can do that;
/// else it is kept in a ring, whose room bounds how far sending may run ahead.
class EchoVerifier {
 public:
  static constexpr std::size_t kRingBytes = 8 * 1024 * 1024;

  explicit EchoVerifier(PayloadSource& source);

  /// Bytes that may be sent before more must come back.
  [[nodiscard]] std::size_t room() const noexcept;
  /// `bytes` will be sent. REQUIRES: at most room().
  void sent(std::span<const std::byte> bytes);
  /// The next bytes that came back. The offset of the first that differs, or that was never sent;
  /// none: all as sent.
  [[nodiscard]] std::optional<std::uint64_t> verify(std::span<const std::byte> bytes);

  [[nodiscard]] std::uint64_t sent_bytes() const noexcept { return sent_; }
  [[nodiscard]] std::uint64_t verified_bytes() const noexcept { return verified_; }

 private:
  [[nodiscard]] std::span<const std::byte> expected(std::size_t at_most);

  PayloadSource& source_;
  bool rereads_;
  std::vector<std::byte> memory_;  ///< The ring, or a window for reading again.
  std::uint64_t sent_ = 0;
  std::uint64_t verified_ = 0;
};

}  // namespace netecho
