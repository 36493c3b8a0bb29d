#include "core/net/source_rules.hpp"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "core/net/socket_address.hpp"

namespace netecho {
namespace {

constexpr unsigned kBits = 128;
constexpr unsigned kV4Bits = 32;

/// The mask has `bits` ones, then zeros.
constexpr std::uint64_t ones(unsigned bits) noexcept {
  return bits == 0 ? 0 : ~std::uint64_t{0} << (64U - bits);
}

constexpr IpNumber mask_of(unsigned bits) noexcept {
  return {ones(std::min(bits, 64U)), ones(bits > 64 ? bits - 64 : 0)};
}

std::optional<unsigned> prefix_length(std::string_view text, unsigned most) noexcept {
  unsigned bits = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), bits);
  const bool whole = error == std::errc{} && end == text.data() + text.size();
  return whole && bits <= most ? std::optional{bits} : std::nullopt;
}

}  // namespace

std::optional<Cidr> Cidr::parse(std::string_view text) {
  const std::size_t slash = text.find('/');
  const auto address = SocketAddress::from_ip(text.substr(0, slash), 0);
  if (!address || text.find('%') != std::string_view::npos) return std::nullopt;
  const bool v4 = address->family() == AF_INET;
  const unsigned width = v4 ? kV4Bits : kBits;
  unsigned bits = width;
  if (slash != std::string_view::npos) {
    const auto given = prefix_length(text.substr(slash + 1), width);
    if (!given) return std::nullopt;
    bits = *given;
  }
  const Cidr block{ip_number(*address->data()), mask_of(kBits - width + bits)};
  return block.contains(block.base_) ? std::optional{block} : std::nullopt;
}

bool SourceRules::allow(const IpNumber& source) const noexcept {
  return networks.empty() ||
         std::ranges::any_of(networks, [&](const Cidr& block) { return block.contains(source); });
}

bool UserRule::allows(uid_t user) noexcept {
  if (std::exchange(own_only_, false)) users_ = {::geteuid(), 0};
  return users_.empty() || std::ranges::find(users_, user) != users_.end();
}

}  // namespace netecho
