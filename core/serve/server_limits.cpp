#include "core/serve/server_limits.hpp"

#include <algorithm>
#include <limits>

#include "core/base/random.hpp"

namespace netecho {

ConnectionPermit::~ConnectionPermit() {
  if (limits_ != nullptr) limits_->release(source_);
}

bool ConnectionPermit::charge(const IpNumber& source) noexcept {
  if (!limits_->charge(source)) return false;
  source_ = source;
  return true;
}

std::size_t ServerLimits::Hash::operator()(const IpNumber& source) const noexcept {
  return SplitMix64{SplitMix64{source.high ^ seed}.next() ^ source.low}.next();
}

ServerLimits::ServerLimits(const ServerOptions& options)
    : options_{options}, per_source_{0, Hash{random_u64()}} {
  if (options.reply_interval > Duration::zero()) {
    rates_.emplace(options.reply_interval, random_u64());
  }
}

bool ServerLimits::has_room(std::size_t open) const noexcept {
  return open < options_.max_connections &&
         (options_.max_accepts == 0 || open + finished_total_ < options_.max_accepts);
}

std::optional<ConnectionPermit> ServerLimits::admit_connection() noexcept {
  for (bool told = false;; told = true) {
    std::size_t open = open_;
    while (has_room(open)) {
      if (open_.compare_exchange_weak(open, open + 1)) return ConnectionPermit{*this};
    }
    if (told) return std::nullopt;
    // This tells first and then checks again: whoever makes room in between sees the first or is
    // seen by the second.
    somebody_waits_ = true;
  }
}

ConnectionPermit ServerLimits::admit_given() noexcept {
  ++open_;
  return ConnectionPermit{*this};
}

bool ServerLimits::charge(const IpNumber& source) noexcept {
  const std::lock_guard lock{mutex_};
  try {
    std::size_t& open = per_source_[source];
    if (open >= options_.max_per_source) return false;  // So it has an entry: nothing to tidy up.
    ++open;
    return true;
  } catch (const std::bad_alloc&) {
    return false;
  }
}

void ServerLimits::release(const IpNumber& source) noexcept {
  if (!(source == IpNumber{})) {
    const std::lock_guard lock{mutex_};
    const auto found = per_source_.find(source);
    if (--found->second == 0) per_source_.erase(found);
  }
  --open_;
}

bool ServerLimits::admit_reply(std::uint64_t source_prefix, Instant now) noexcept {
  if (!rates_ || source_prefix == 0) return true;
  if (source_prefix == kLoopbackPrefix && !options_.limits_loopback) return true;
  return rates_->admit(source_prefix, now);
}

bool ServerLimits::tells_of_rate(std::uint64_t source_prefix, Instant now) noexcept {
  constexpr Duration kBetween = std::chrono::minutes{1};
  const Duration::rep at = now.time_since_epoch().count();
  Duration::rep next = next_told_ns_;
  if (at < next || told_prefix_ == source_prefix) return false;
  if (!next_told_ns_.compare_exchange_strong(next, at + kBetween.count())) return false;
  told_prefix_ = source_prefix;
  return true;
}

bool ServerLimits::tells_of_buffers(Instant now) noexcept {
  constexpr Duration kBetween = std::chrono::minutes{1};
  const Duration::rep at = now.time_since_epoch().count();
  Duration::rep next = buffers_told_ns_;
  return at >= next && buffers_told_ns_.compare_exchange_strong(next, at + kBetween.count());
}

std::uint64_t ServerLimits::accepts_left() const noexcept {
  if (options_.max_accepts == 0) return std::numeric_limits<std::uint64_t>::max();
  return options_.max_accepts - std::min(options_.max_accepts, finished_total_.load());
}

}  // namespace netecho
