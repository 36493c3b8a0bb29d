#pragma once

/// \file
/// A server must know which addresses this host has: replies to itself are marked, so that two
/// servers on one host never answer each other for long.

#include <vector>

#include "core/base/unique_fd.hpp"
#include "core/base/units.hpp"
#include "core/net/ip_number.hpp"

namespace netecho {

/// This snapshot follows changes, of which the kernel tells (rtnetlink(7)). All of 127/8 and ::1
/// are this host's without a look-up.
class OwnAddresses {
 public:
  /// Reads the addresses. If they cannot be read (in a sandbox), only the loopback is this host's.
  OwnAddresses();

  [[nodiscard]] bool contain(const IpNumber& address) const noexcept;
  /// Looks, at most once a second, whether the kernel told of a change, and reads them anew.
  void refresh(Instant now) noexcept {
    if (now >= next_look_) look(now);
  }

 private:
  void look(Instant now) noexcept;
  void read_all();

  UniqueFd changes_;                 ///< Readable when addresses changed.
  std::vector<IpNumber> addresses_;  ///< Sorted.
  Instant next_look_{};
};

}  // namespace netecho
