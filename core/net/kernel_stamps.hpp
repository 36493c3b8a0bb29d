#pragma once

/// \file
/// The kernel stamps what a socket sends and receives (SO_TIMESTAMPING, in software; the kernel's
/// Documentation/networking/timestamping.rst). These stamps give a round trip without this
/// process's system calls and wake-ups.

#include <sys/socket.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "core/base/units.hpp"

namespace netecho {

class KernelStamps {
 public:
  /// This is enough for the control messages of one datagram or error.
  static constexpr std::size_t kControlBytes = 512;

  /// Turns stamping on, and waits until it works, rarely more than a few milliseconds. Remembers
  /// the stamps of the last `kept` sent messages (1 or more). Throws SysError.
  KernelStamps(int fd, std::size_t kept);

  /// Returns the receive stamp among a message's control messages; none if the kernel gave none.
  [[nodiscard]] static std::optional<WallTime> received(msghdr& header) noexcept;

  /// Takes a message from the error queue. Returns true, and remembers the stamp, if it is about a
  /// stamp and not an error.
  bool take(msghdr& header) noexcept;
  /// Reads the error queue of a stream socket, which holds nothing but stamps.
  void drain(int fd) noexcept;

  /// A datagram was given to the kernel, which numbers each. Those that `left`, as the caller
  /// counts them, have ordinals; others (dropped by a local rule, sent again) only a number.
  void numbered(bool left) noexcept;
  /// Returns when the datagram of this ordinal, from 0, left.
  [[nodiscard]] std::optional<WallTime> sent_datagram(std::uint64_t ordinal) const noexcept;
  /// Returns when the stretch of a stream that ends with this byte left: its position since
  /// stamping was turned on, modulo 2^32.
  [[nodiscard]] std::optional<WallTime> sent(std::uint32_t key) const noexcept;

 private:
  struct Stamp {
    std::uint32_t key = 0;
    std::optional<WallTime> at{};
  };
  std::vector<Stamp> ring_;          ///< A power of two of them; a key's place is its low bits.
  std::vector<std::uint32_t> keys_;  ///< As many: of the last datagrams that left, by ordinal.
  std::uint64_t left_ = 0;
  std::uint32_t next_key_ = 0;
};

}  // namespace netecho
