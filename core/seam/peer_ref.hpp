#pragma once

/// \file
/// A PeerRef says whom a message answers, beyond the batch that it came with.

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace netecho {

/// Only the port knows what the bytes mean. Engines copy a PeerRef, and ask whether two are of the
/// same peer.
class PeerRef {
 public:
  /// As many as the longest address of any family has.
  static constexpr std::size_t kAddressBytes = 128;
  static constexpr std::size_t kReturnPathBytes = 64;

  /// Means the only peer of a connection.
  PeerRef() noexcept = default;
  /// What does not fit is cut off. `return_path` is how to answer (from which local address) and
  /// does not identify the peer.
  PeerRef(std::span<const std::byte> address, std::span<const std::byte> return_path) noexcept;

  [[nodiscard]] std::span<const std::byte> address() const noexcept {
    return std::span{address_}.first(address_size_);
  }
  [[nodiscard]] std::span<const std::byte> return_path() const noexcept {
    return std::span{return_path_}.first(return_path_size_);
  }
  [[nodiscard]] bool same_peer(const PeerRef& other) const noexcept;

 private:
  std::array<std::byte, kAddressBytes> address_{};
  std::array<std::byte, kReturnPathBytes> return_path_{};
  std::uint8_t address_size_ = 0;
  std::uint8_t return_path_size_ = 0;
};

}  // namespace netecho
