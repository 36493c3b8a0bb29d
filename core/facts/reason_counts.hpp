#pragma once

/// \file
/// Counts how often each reason was given for what could not be sent or was not answered. It
/// allocates nothing while it counts: each of the first reasons has a place, and those beyond share
/// one for each status.

#include <array>
#include <cstdint>
#include <vector>

#include "core/facts/losses.hpp"

namespace netecho {

class ReasonCounts {
 public:
  static constexpr std::size_t kPlaces = 8;

  /// `status`: send_error, refused or unreachable. `error` may be 0, `icmp` null: not known.
  void count(ReplyStatus status, int error, const IcmpError* icmp,
             std::uint64_t times = 1) noexcept;
  void add(const ReasonCounts& other) noexcept;
  /// Lists reasons in the order in which they first came. Those beyond the places come last,
  /// without an errno.
  [[nodiscard]] std::vector<FailureReason> list() const;

 private:
  std::array<FailureReason, kPlaces> places_{};
  std::size_t used_ = 0;
  std::array<FailureReason, 3> others_{{{.status = ReplyStatus::send_error},
                                        {.status = ReplyStatus::refused},
                                        {.status = ReplyStatus::unreachable}}};
};

}  // namespace netecho
