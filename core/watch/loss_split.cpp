#include "core/watch/loss_split.hpp"

#include <algorithm>

namespace netecho {
namespace {

/// A count this much lower than one before is that of a server that began anew: no network keeps a
/// packet back for so many others.
constexpr std::uint64_t kCountsApart = 1000;

std::uint64_t less(std::uint64_t a, std::uint64_t b) noexcept {
  return a - std::min(a, b);
}

}  // namespace

void LossSplit::answered(std::uint64_t sent_up_to, std::optional<std::uint64_t> server_count,
                         std::uint64_t lost) noexcept {
  const std::uint64_t count = server_count.value_or(0);
  counted_ = counted_ && count != 0;
  if (!counted_) return;
  any_ = true;
  const std::uint64_t fresh = less(lost, forward_ + reverse_);
  // A young server's count is low, and so was the one before of a server that failed young.
  const bool anew = count + std::min(kCountsApart, less(greatest_, 1) / 2) < greatest_;
  if (anew) {
    forward_ += fresh;
    greatest_ = count;
    unseen_ = less(less(sent_up_to, count), forward_);
    return;
  }
  greatest_ = std::max(greatest_, count);
  const std::uint64_t missing = less(less(sent_up_to, unseen_), greatest_);
  const std::uint64_t forward = std::min(fresh, less(missing, forward_));
  forward_ += forward;
  reverse_ += fresh - forward;
}

}  // namespace netecho
