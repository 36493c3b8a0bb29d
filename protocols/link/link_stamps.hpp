#pragma once

/// \file
/// The kernel's stamps of the frames that a client sends, once they are asked for.

#include <cerrno>
#include <optional>

#include "core/net/kernel_stamps.hpp"
#include "core/seam/message_port.hpp"

namespace netecho {

class LinkStamps {
 public:
  /// See Timestamping::stamp_by_kernel().
  void begin(int fd, std::size_t kept) { stamps_.emplace(fd, kept); }
  /// The error queue of such a socket holds nothing but stamps. They alone make it ready, too.
  void received(int fd) noexcept {
    if (stamps_) stamps_->drain(fd);
  }
  /// Counts what a send has given to the kernel.
  void sent(const BatchResult& result) noexcept {
    if (!stamps_) return;
    for (std::size_t i = 0; i < result.messages; ++i) stamps_->numbered(true);
    // A full queue of the device refuses what the kernel has numbered already.
    if (result.status == IoStatus::failed && result.error == ENOBUFS) stamps_->numbered(false);
  }
  [[nodiscard]] std::optional<WallTime> of(std::uint64_t ordinal) const noexcept {
    return stamps_ ? stamps_->sent_datagram(ordinal) : std::nullopt;
  }

 private:
  std::optional<KernelStamps> stamps_;
};

}  // namespace netecho
