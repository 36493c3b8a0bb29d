#include "protocols/message/split_peers.hpp"

#include <algorithm>

namespace netecho {

void SplitPeers::add(const sockaddr& peer, Instant now) noexcept {
  until_ = now + kTrainsRest;
  places_[next_] = {ip_number(peer), until_};
  next_ = (next_ + 1) % places_.size();
}

bool SplitPeers::contain(const sockaddr& peer, Instant now) const noexcept {
  if (now >= until_) return false;
  const IpNumber number = ip_number(peer);
  return std::ranges::any_of(
      places_, [&](const Place& place) { return place.peer == number && now < place.until; });
}

}  // namespace netecho
