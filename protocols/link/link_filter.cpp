#include "protocols/link/link_filter.hpp"

#include <linux/if_packet.h>
#include <sys/socket.h>

#include "core/base/error.hpp"

namespace netecho {
namespace {

/// These are no places in the frame: what the kernel knows of it is behind them.
constexpr auto kAncillary = static_cast<std::uint32_t>(SKF_AD_OFF);
constexpr std::uint32_t kPacketType = kAncillary + SKF_AD_PKTTYPE;
constexpr std::uint32_t kProtocol = kAncillary + SKF_AD_PROTOCOL;
constexpr std::uint32_t kVlanTag = kAncillary + SKF_AD_VLAN_TAG;
constexpr std::uint32_t kVlanId = 0xFFF;
constexpr std::uint32_t kWholeFrame = 0x40000;

constexpr sock_filter statement(unsigned code, std::uint32_t value) noexcept {
  return {static_cast<std::uint16_t>(code), 0, 0, value};
}

}  // namespace

LinkFilter::LinkFilter() {
  load(BPF_B, kPacketType);
  refuse_if(PACKET_OTHERHOST);
  refuse_if(PACKET_OUTGOING);
  load(BPF_W, kVlanTag);
  code_.push_back(statement(BPF_ALU | BPF_AND | BPF_K, kVlanId));
  refuse_unless(0);
}

void LinkFilter::load(unsigned size, std::uint32_t offset) {
  code_.push_back(statement(BPF_LD | size | BPF_ABS, offset));
}

/// Each refusal is behind its comparison, so that no jump is long.
void LinkFilter::refuse_if(std::uint32_t value) {
  code_.push_back({BPF_JMP | BPF_JEQ | BPF_K, 0, 1, value});
  code_.push_back(statement(BPF_RET | BPF_K, 0));
}

void LinkFilter::refuse_unless(std::uint32_t value) {
  code_.push_back({BPF_JMP | BPF_JEQ | BPF_K, 1, 0, value});
  code_.push_back(statement(BPF_RET | BPF_K, 0));
}

LinkFilter& LinkFilter::require_16(std::uint32_t offset, std::uint16_t value) {
  load(BPF_H, offset);
  refuse_unless(value);
  return *this;
}

/// Each pattern is a row of loads and comparisons, the first of which that fails jumps behind it.
/// Behind a row that was met nothing but a jump to the end is left.
LinkFilter& LinkFilter::require_one_of(const std::vector<Pattern>& patterns) {
  const auto size_of = [](const Pattern& pattern) { return 2 * (pattern.matches.size() + 1) + 1; };
  std::size_t left = 1;  // The refusal at the end.
  for (const Pattern& each : patterns) left += size_of(each);
  for (const Pattern& pattern : patterns) {
    std::size_t in_row = size_of(pattern);
    left -= in_row;
    const auto compare = [&](unsigned size, std::uint32_t offset, std::uint32_t value) {
      load(size, offset);
      in_row -= 2;
      code_.push_back({BPF_JMP | BPF_JEQ | BPF_K, 0, static_cast<std::uint8_t>(in_row), value});
    };
    compare(BPF_W, kProtocol, pattern.protocol);
    for (const Match& each : pattern.matches) {
      compare(each.bytes == 1 ? BPF_B : BPF_H, each.offset, each.value);
    }
    code_.push_back(statement(BPF_JMP | BPF_JA, static_cast<std::uint32_t>(left)));
  }
  code_.push_back(statement(BPF_RET | BPF_K, 0));
  return *this;
}

void LinkFilter::attach(int fd, std::string_view subject) const {
  std::vector<sock_filter> code = code_;
  code.push_back(statement(BPF_RET | BPF_K, kWholeFrame));
  const sock_fprog program{static_cast<unsigned short>(code.size()), code.data()};
  checked("setsockopt SO_ATTACH_FILTER", subject,
          [&] { return ::setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program); });
}

}  // namespace netecho
