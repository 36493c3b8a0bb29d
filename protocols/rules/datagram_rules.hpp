#pragma once

/// \file
/// These rules say which datagrams a UDP server may answer, and what its replies carry, so that it
/// can be no part of a loop or an attack (RFC 862 servers can: CVE-1999-0103, CVE-2024-2169). They
/// keep no state and go by what came with the datagram. docs/reliability.md explains them.

#include <sys/socket.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "core/net/own_addresses.hpp"
#include "core/net/socket_options.hpp"
#include "core/net/source_rules.hpp"
#include "core/seam/batch.hpp"

namespace netecho {

class IpDatagramRules {
 public:
  /// This has room for all that the kernel tells of a datagram up to its hop limit, which is needed
  /// last. On an inherited socket that may be stamps, marks and more that nobody here asked for.
  static constexpr std::size_t kControlBytes = 320;
  /// Replies between servers of one host carry this; nobody else starts with it.
  static constexpr int kLoopMark = 253;
  /// No reply starts with more hops, so that no loop between hosts lasts longer.
  static constexpr int kMaxHops = 64;

  /// Has the kernel tell what the rules go by. `fd` is bound. Throws SysError with `subject`
  /// where it cannot tell what they need.
  IpDatagramRules(int fd, SourceRules rules, std::string_view subject,
                  const SocketNotes& notes = {});

  /// Is to be called once per batch.
  void begin(Instant now) noexcept { own_.refresh(now); }
  /// Decides on a received datagram, or on a train, whose segments have all of this in common: sets
  /// `refused`, `source_prefix` and `segment_size` of `slot`, and writes into `reply`
  /// (kReturnPathBytes) what a reply is to carry. Returns the bytes of that.
  std::size_t judge(const msghdr& message, Slot& slot, std::span<std::byte> reply) noexcept;

  [[nodiscard]] std::uint64_t kernel_drops() const noexcept { return kernel_drops_; }

 private:
  /// The kernel tells this of one datagram.
  struct Delivery {
    std::optional<IpNumber> to;  ///< Only on sockets that do not know it anyway.
    int hops = 0;                ///< As long as the kernel told none: a loop could not be noticed.
    bool v4_hops = false;        ///< They are a TTL: an IPv4 datagram, on whichever socket.
    bool unicast = true;
    std::uint32_t segment_size = 0;
  };
  class ReplyControl;

  [[nodiscard]] Delivery read(const msghdr& message, ReplyControl& control) noexcept;
  [[nodiscard]] Refusal refusal(const sockaddr& from, const IpNumber& source,
                                const Delivery& delivery, bool own) const noexcept;
  void count_drops(std::uint32_t total) noexcept;

  SourceRules rules_;
  OwnAddresses own_;
  int configured_hops_ = kMaxHops;
  int configured_hops_v4_ = kMaxHops;
  std::uint32_t last_drops_ = 0;
  std::uint64_t kernel_drops_ = 0;
};

/// Returns what shares a rate limit: an IPv4 /24 or an IPv6 /56, or all of the loopback.
[[nodiscard]] std::uint64_t source_prefix(const IpNumber& source) noexcept;

}  // namespace netecho
