#include "core/engine/echo_verifier.hpp"

#include <algorithm>
#include <cstring>
#include <limits>

namespace netecho {
namespace {

constexpr std::size_t kWindowBytes = 256 * 1024;

}  // namespace

EchoVerifier::EchoVerifier(PayloadSource& source)
    : source_{source},
      rereads_{source.read_again(0, {})},
      memory_(rereads_ ? static_cast<std::size_t>(std::clamp<std::uint64_t>(
                             source.size().value_or(kWindowBytes), 1, kWindowBytes))
                       : kRingBytes) {}

std::size_t EchoVerifier::room() const noexcept {
  if (rereads_) return std::numeric_limits<std::size_t>::max();
  return memory_.size() - static_cast<std::size_t>(sent_ - verified_);
}

void EchoVerifier::sent(std::span<const std::byte> bytes) {
  if (rereads_) {
    sent_ += bytes.size();
    return;
  }
  while (!bytes.empty()) {
    const std::size_t at = sent_ % memory_.size();
    const std::size_t now = std::min(bytes.size(), memory_.size() - at);
    std::memcpy(memory_.data() + at, bytes.data(), now);
    sent_ += now;
    bytes = bytes.subspan(now);
  }
}

/// What the next bytes should be: at least one if any is left.
std::span<const std::byte> EchoVerifier::expected(std::size_t at_most) {
  const auto left = static_cast<std::size_t>(std::min<std::uint64_t>(at_most, sent_ - verified_));
  if (rereads_) {
    const std::span<std::byte> window = std::span{memory_}.first(std::min(left, memory_.size()));
    static_cast<void>(source_.read_again(verified_, window));
    return window;
  }
  const std::size_t at = verified_ % memory_.size();
  return std::span{memory_}.subspan(at, std::min(left, memory_.size() - at));
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
