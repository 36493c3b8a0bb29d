#pragma once

/// \file
/// The kernel passes only those frames to a socket that a filter lets through (classic BPF;
/// Documentation/networking/filter.rst), so that all others cost nothing.

#include <linux/filter.h>

#include <cstdint>
#include <string_view>
#include <vector>

namespace netecho {

/// Lets frames through that are for this station and have no VLAN id, and of these the ones that
/// meet all that is required. Offsets count from behind the Ethernet header.
class LinkFilter {
 public:
  /// A number of one or two bytes at this offset.
  struct Match {
    std::uint32_t offset;
    std::uint16_t value;
    std::uint8_t bytes = 2;
  };
  struct Pattern {
    std::uint16_t protocol;  ///< The ethertype, or a number of linux/if_ether.h.
    std::vector<Match> matches{};
  };

  LinkFilter();

  /// What is at this offset, as a big-endian number, has to be `value`. A frame that ends before it
  /// is not let through.
  LinkFilter& require_16(std::uint32_t offset, std::uint16_t value);
  /// One of these patterns has to be met as a whole. REQUIRES: none has more than 100 matches.
  LinkFilter& require_one_of(const std::vector<Pattern>& patterns);

  /// Sets it on a socket. Throws SysError.
  void attach(int fd, std::string_view subject) const;

 private:
  void load(unsigned size, std::uint32_t offset);
  void refuse_if(std::uint32_t value);
  void refuse_unless(std::uint32_t value);

  std::vector<sock_filter> code_;
};

}  // namespace netecho
