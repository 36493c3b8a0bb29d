#include "core/facts/reason_counts.hpp"

namespace netecho {

void ReasonCounts::count(ReplyStatus status, int error, const IcmpError* icmp,
                         std::uint64_t times) noexcept {
  const auto said = icmp != nullptr ? std::optional{*icmp} : std::nullopt;
  for (std::size_t i = 0; i < used_; ++i) {
    FailureReason& place = places_[i];
    if (place.status != status || place.error_number != error || place.icmp != said) continue;
    place.count += times;
    return;
  }
  if (error != 0 && used_ < places_.size()) {
    places_[used_++] = {.status = status, .error_number = error, .icmp = said, .count = times};
    return;
  }
  for (FailureReason& other : others_) {
    if (other.status == status) other.count += times;
  }
}

void ReasonCounts::add(const ReasonCounts& other) noexcept {
  for (std::size_t i = 0; i < other.used_; ++i) {
    const FailureReason& each = other.places_[i];
    count(each.status, each.error_number, each.icmp ? &*each.icmp : nullptr, each.count);
  }
  for (std::size_t i = 0; i < others_.size(); ++i) others_[i].count += other.others_[i].count;
}

std::vector<FailureReason> ReasonCounts::list() const {
  std::vector<FailureReason> out(places_.begin(), places_.begin() + static_cast<long>(used_));
  for (const FailureReason& other : others_) {
    if (other.count != 0) out.push_back(other);
  }
  return out;
}

}  // namespace netecho
