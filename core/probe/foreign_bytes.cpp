#include "core/probe/foreign_bytes.hpp"

#include <algorithm>
#include <cstring>

namespace netecho {

void ForeignBytes::add(std::span<const std::byte> bytes) noexcept {
  if (bytes_ < beginning_.size()) {
    const auto kept = static_cast<std::size_t>(bytes_);
    const std::size_t size = std::min(bytes.size(), beginning_.size() - kept);
    if (size > 0) std::memcpy(&beginning_[kept], bytes.data(), size);
  }
  bytes_ += bytes.size();
}

std::optional<PayloadSample> ForeignBytes::sample(std::span<const std::byte> rest) const {
  const std::uint64_t all = bytes_ + rest.size();
  if (all == 0) return std::nullopt;
  PayloadSample out;
  out.data.assign(beginning_.data(), std::min<std::uint64_t>(bytes_, beginning_.size()));
  const std::size_t room = beginning_.size() - out.data.size();
  if (!rest.empty()) {
    out.data.append(reinterpret_cast<const char*>(rest.data()), std::min(rest.size(), room));
  }
  out.size_bytes = all;
  out.truncated = out.data.size() < all;
  return out;
}

}  // namespace netecho
