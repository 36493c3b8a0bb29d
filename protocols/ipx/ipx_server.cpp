#include "protocols/ipx/ipx_server.hpp"

#include <algorithm>
#include <cstring>

#include "protocols/ipx/describe_ipx.hpp"

namespace netecho {
namespace {

constexpr std::array<std::byte, 1> kOddPadding{};

Refusal refusal_by(IpxVerdict verdict) noexcept {
  switch (verdict) {
    case IpxVerdict::group:
      return Refusal::not_unicast;
    case IpxVerdict::reply:
    case IpxVerdict::own:
    case IpxVerdict::hops:
      return Refusal::loop;
    case IpxVerdict::elsewhere:
      return Refusal::not_allowed;
    case IpxVerdict::answer:
    case IpxVerdict::malformed:
      break;
  }
  return Refusal::none;
}

}  // namespace

IpxServer::IpxServer(UniqueFd fd, Config config)
    : fd_{std::move(fd)},
      config_{std::move(config)},
      self_{config_.interface.mac},
      receiver_{0, LinkReceiver::Pace::many, drops_of(fd_.get())},
      sender_{config_.interface.index, kIpxEthertype} {}

void IpxServer::judge(const LinkMessage& message, Slot& slot, std::size_t index) noexcept {
  slot.source_prefix = rate_prefix(message.from);
  const std::span<std::byte> frame{slot.data, slot.size};
  const IpxDecision decision = judge_ipx(frame, {.from = message.from,
                                                 .self = self_.address(),
                                                 .net = config_.net,
                                                 .protocol = message.protocol});
  senders_[index] = decision.from.value_or(IpxAddress{.net = 0, .node = message.from, .socket = 0});
  slot.refused = refusal_by(decision.verdict);
  slot.truncated = slot.truncated || decision.verdict == IpxVerdict::malformed;
  Answer& answer = answers_[index];
  answer.size = 0;
  if (decision.verdict != IpxVerdict::answer) return;
  answer.to = message.from;  // A router, where the asker is behind one.
  answer.framing = decision.framing;
  answer.size = static_cast<std::uint8_t>(decision.head_bytes);
  std::ranges::copy(frame.first(decision.head_bytes), answer.head.begin());
  answer_ipx(std::span{answer.head}.first(answer.size), answer.framing, self_.address());
  slot.cut_front(answer.size);
  slot.size = static_cast<std::uint32_t>(decision.data_bytes);
}

BatchResult IpxServer::receive(Batch& batch) noexcept {
  std::size_t slots = 0;
  return unless_down(
      receiver_.receive(fd_.get(), batch, [&](const LinkMessage& message, Slot& slot) {
        if (slots == 0) self_.refresh(fd_.get(), slot.at);
        judge(message, slot, slots++);
        return true;
      }));
}

void IpxServer::add(std::size_t index, const Slot& slot) noexcept {
  Answer& answer = answers_[index];
  const auto head = std::span{answer.head}.first(answer.size);
  set_ipx_data_bytes(head, answer.framing, slot.size);
  sender_.add_as(
      link_protocol(answer.framing), index, answer.to,
      {head, {slot.data, slot.size}, std::span{kOddPadding}.first(ipx_padding(slot.size))});
}

BatchResult IpxServer::send(Batch& batch) noexcept {
  return sender_.send_each(
      fd_.get(), batch,
      [this](std::size_t index, const Slot& slot, std::size_t /*place*/) { add(index, slot); });
}

/// The peer is the station that asked, as its address says; the rest is how to answer.
PeerRef IpxServer::peer_ref(std::size_t index) const noexcept {
  static_assert(sizeof(Answer) <= PeerRef::kReturnPathBytes);
  return {std::as_bytes(std::span{&senders_[index], 1}),
          std::as_bytes(std::span{&answers_[index], 1})};
}

void IpxServer::set_peer(std::size_t index, const PeerRef& peer) noexcept {
  const auto from = peer.address();
  const auto how = peer.return_path();
  if (from.size() != sizeof(IpxAddress) || how.size() != sizeof(Answer)) return;
  std::memcpy(&senders_[index], from.data(), from.size());
  std::memcpy(&answers_[index], how.data(), how.size());
}

std::optional<SocketDescription> IpxServer::sender(std::size_t index) const {
  if (index >= senders_.size()) return std::nullopt;
  return describe_ipx(config_.kind, config_.interface.name, senders_[index]);
}

}  // namespace netecho
