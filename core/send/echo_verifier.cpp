#include "core/send/echo_verifier.hpp"

#include <algorithm>
#include <cstring>

namespace netecho {
EchoVerifier::EchoVerifier(PayloadSource& source)
    : source_{source}, rereads_{source.read_again(0, {})}, ring_(kRingBytes) {}

std::size_t EchoVerifier::room() const noexcept {
  if (rereads_) return ring_.size();
  return ring_.size() - static_cast<std::size_t>(sent_ - verified_);
}

std::span<std::byte> EchoVerifier::space() noexcept {
  const std::size_t at = sent_ % ring_.size();
  return std::span{ring_}.subspan(at, std::min({kChunkBytes, room(), ring_.size() - at}));
}

std::span<const std::byte> EchoVerifier::sent(std::size_t bytes) noexcept {
  const std::size_t at = sent_ % ring_.size();
  sent_ += bytes;
  return std::span{ring_}.subspan(at, bytes);
}

/// Returns what the next bytes should be: at least one if any is left.
std::span<const std::byte> EchoVerifier::expected(std::size_t at_most) {
  const std::uint64_t lag = sent_ - verified_;
  const auto left = static_cast<std::size_t>(std::min<std::uint64_t>(at_most, lag));
  if (lag > ring_.size()) {
    if (!again_) again_.emplace(kChunkBytes);
    const std::span<std::byte> window = std::span{*again_}.first(std::min(left, kChunkBytes));
    static_cast<void>(source_.read_again(verified_, window));
    return window;
  }
  const std::size_t at = verified_ % ring_.size();
  return std::span{ring_}.subspan(at, std::min(left, ring_.size() - at));
}

std::optional<std::uint64_t> EchoVerifier::verify(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const std::span<const std::byte> known = expected(bytes.size());
    if (known.empty()) return verified_;
    if (std::memcmp(known.data(), bytes.data(), known.size()) != 0) {
      const auto [there, here] = std::mismatch(known.begin(), known.end(), bytes.begin());
      return verified_ + static_cast<std::uint64_t>(there - known.begin());
    }
    verified_ += known.size();
    bytes = bytes.subspan(known.size());
  }
  return std::nullopt;
}

}  // namespace netecho
