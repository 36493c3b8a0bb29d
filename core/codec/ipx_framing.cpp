#include "core/codec/ipx_framing.hpp"

#include <algorithm>
#include <array>

namespace netecho {
namespace {

constexpr std::array<std::byte, 3> kLlc{std::byte{0xE0}, std::byte{0xE0}, std::byte{0x03}};
constexpr std::array<std::byte, kMostLinkBytes> kSnap{
    std::byte{0xAA}, std::byte{0xAA}, std::byte{0x03}, std::byte{0},
    std::byte{0},    std::byte{0},    std::byte{0x81}, std::byte{0x37}};

}  // namespace

std::uint16_t link_protocol(Framing framing) noexcept {
  switch (framing) {
    case Framing::ethernet2:
      break;
    case Framing::raw:
      return kLengthThenOnes;
    case Framing::llc:
    case Framing::snap:
      return kLengthThenLlc;
  }
  return kIpxEthertype;
}

std::span<const std::byte> link_head(Framing framing) noexcept {
  switch (framing) {
    case Framing::ethernet2:
    case Framing::raw:
      break;
    case Framing::llc:
      return kLlc;
    case Framing::snap:
      return kSnap;
  }
  return {};
}

std::optional<Framing> framing_of(std::uint16_t protocol,
                                  std::span<const std::byte> data) noexcept {
  for (const Framing each : {Framing::ethernet2, Framing::raw, Framing::llc, Framing::snap}) {
    if (link_protocol(each) != protocol) continue;
    const auto head = link_head(each);
    if (data.size() >= head.size() && std::ranges::equal(data.first(head.size()), head)) {
      return each;
    }
  }
  return std::nullopt;
}

}  // namespace netecho
