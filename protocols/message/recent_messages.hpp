#pragma once

/// \file
/// Keeps what a client sent last, whole, as long as it may have to be sent again to another
/// address: a refusal quotes only the start of a message.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <memory>
#include <numeric>
#include <optional>
#include <span>

namespace netecho {

/// Holds the newest messages in a bounded room that is taken at once.
class RecentMessages {
 public:
  static constexpr std::size_t kMost = 64;
  static constexpr std::size_t kBytes = 65'536;

  /// Throws std::bad_alloc.
  RecentMessages() : bytes_{std::make_unique_for_overwrite<std::byte[]>(kBytes)} {}

  /// Keeps a copy, if it isn't larger than all of the room.
  void remember(std::span<const std::byte> message) noexcept {
    if (message.size() > kBytes) return;
    while (count_ == kMost || used_ + message.size() > kBytes) forget_older_half();
    std::copy(message.begin(), message.end(), &bytes_[used_]);
    used_ += message.size();
    sizes_[count_++] = message.size();
  }

  /// Returns the newest one that starts with `quote`.
  [[nodiscard]] std::optional<std::span<const std::byte>> whole(
      std::span<const std::byte> quote) const noexcept {
    std::size_t end = used_;
    for (std::size_t i = count_; i-- > 0; end -= sizes_[i]) {
      const std::span message{&bytes_[end - sizes_[i]], sizes_[i]};
      const bool starts =
          quote.size() <= message.size() && std::equal(quote.begin(), quote.end(), message.begin());
      if (starts) return message;
    }
    return std::nullopt;
  }

 private:
  /// Drops half of them at once, so that each is moved about once in its life.
  void forget_older_half() noexcept {
    const std::size_t forgotten = (count_ + 1) / 2;
    const std::size_t bytes = std::accumulate(&sizes_[0], &sizes_[forgotten], std::size_t{0});
    std::memmove(&bytes_[0], &bytes_[bytes], used_ -= bytes);
    std::copy(&sizes_[forgotten], &sizes_[0] + count_, &sizes_[0]);
    count_ -= forgotten;
  }

  std::unique_ptr<std::byte[]> bytes_;
  std::array<std::size_t, kMost> sizes_{};
  std::size_t count_ = 0;
  std::size_t used_ = 0;  ///< Bytes.
};

}  // namespace netecho
