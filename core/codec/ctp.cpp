#include "core/codec/ctp.hpp"

namespace netecho {
namespace {

constexpr std::size_t kSkipBytes = 2;
constexpr std::size_t kFunctionBytes = 2;
constexpr std::uint16_t kReply = 1;
constexpr std::uint16_t kForward = 2;

/// A place in a probe's head: behind skipCount and Forward Data.
constexpr std::size_t kReplyAt = kSkipBytes + kCtpForwardBytes;

std::uint16_t load(std::span<const std::byte> from) noexcept {
  return static_cast<std::uint16_t>(std::to_integer<unsigned>(from[0]) |
                                    std::to_integer<unsigned>(from[1]) << 8U);
}

void store(std::span<std::byte> to, std::uint16_t value) noexcept {
  to[0] = static_cast<std::byte>(value & 0xFFU);
  to[1] = static_cast<std::byte>(value >> 8U);
}

/// Returns the forward address of the message that `data` begins with; none if that is no Forward
/// Data.
std::optional<MacAddress> forward_address(std::span<const std::byte> data) noexcept {
  if (data.size() < kCtpForwardBytes || load(data) != kForward) return std::nullopt;
  return MacAddress::read(data.subspan(kFunctionBytes));
}

/// Counts the Forward Data that `data` begins with, up to `most`.
std::size_t count_forwards(std::span<const std::byte> data, std::size_t most) noexcept {
  std::size_t count = 0;
  while (count < most && forward_address(data)) {
    data = data.subspan(kCtpForwardBytes);
    ++count;
  }
  return count;
}

}  // namespace

CtpDecision judge_ctp(std::span<const std::byte> data, const CtpArrival& arrival) noexcept {
  if (data.size() < kSkipBytes) return {CtpVerdict::malformed, {}};
  const std::size_t skip = load(data);
  const auto messages = data.subspan(kSkipBytes);
  if (skip % 2 != 0 || skip + kFunctionBytes > messages.size()) return {CtpVerdict::malformed, {}};
  const auto rest = messages.subspan(skip);
  if (load(rest) == kReply) return {CtpVerdict::reply, {}};
  const auto to = forward_address(rest);
  if (!to) return {CtpVerdict::malformed, {}};
  if (to->is_group()) return {CtpVerdict::group, {}};
  if (*to == arrival.self) return {CtpVerdict::own, {}};
  // What was skipped are the hops so far: nothing else is skipped, and less than one is one, too.
  const std::size_t before = (skip + kCtpForwardBytes - 1) / kCtpForwardBytes;
  const std::size_t more = count_forwards(rest.subspan(kCtpForwardBytes), arrival.hops);
  if (arrival.for_many && more != 0) return {CtpVerdict::group, {}};
  if (before + 1 + more > arrival.hops) return {CtpVerdict::hops, {}};
  // The next skipCount has to be a number of 16 bits.
  if (skip + kCtpForwardBytes > 0xFFFF) return {CtpVerdict::malformed, {}};
  return {CtpVerdict::forward, *to};
}

void advance_ctp(std::span<std::byte> data) noexcept {
  store(data, static_cast<std::uint16_t>(load(data) + kCtpForwardBytes));
}

void write_ctp_probe(std::span<std::byte> head, const MacAddress& self,
                     std::uint16_t receipt) noexcept {
  store(head, 0);
  store(head.subspan(kSkipBytes), kForward);
  self.write(head.subspan(kSkipBytes + kFunctionBytes));
  store(head.subspan(kReplyAt), kReply);
  store(head.subspan(kReplyAt + kFunctionBytes), receipt);
}

std::optional<std::uint16_t> read_ctp_answer(std::span<const std::byte> head,
                                             const MacAddress& self) noexcept {
  if (head.size() < kCtpProbeHeadBytes || load(head) != kCtpForwardBytes) return std::nullopt;
  if (forward_address(head.subspan(kSkipBytes)) != self) return std::nullopt;
  if (load(head.subspan(kReplyAt)) != kReply) return std::nullopt;
  return load(head.subspan(kReplyAt + kFunctionBytes));
}

}  // namespace netecho
