#include "protocols/packet/packet_server.hpp"

#include "core/codec/ctp.hpp"

namespace netecho {
namespace {

Refusal refusal_of(CtpVerdict verdict) noexcept {
  switch (verdict) {
    case CtpVerdict::group:
      return Refusal::not_unicast;
    case CtpVerdict::reply:
    case CtpVerdict::own:
    case CtpVerdict::hops:
      return Refusal::loop;
    case CtpVerdict::forward:
    case CtpVerdict::malformed:
      break;
  }
  return Refusal::none;
}

}  // namespace

PacketServer::PacketServer(UniqueFd fd, Config config)
    : fd_{std::move(fd)},
      config_{std::move(config)},
      self_{config_.interface.mac},
      receiver_{0, LinkReceiver::Pace::many, drops_of(fd_.get())},
      sender_{config_.interface.index, kCtpEthertype} {}

void PacketServer::judge(const LinkMessage& message, Slot& slot, MacAddress& to) const noexcept {
  slot.source_prefix = rate_prefix(message.from);
  if (message.from.is_group()) {
    slot.refused = Refusal::not_unicast;
  } else if (message.from == self_.address()) {
    slot.refused = Refusal::loop;  // A station's keepalive to itself, or a forged one.
  } else {
    const CtpDecision decision =
        judge_ctp({slot.data, slot.size},
                  {.self = self_.address(), .for_many = message.for_many, .hops = config_.hops});
    slot.refused = refusal_of(decision.verdict);
    slot.truncated = slot.truncated || decision.verdict == CtpVerdict::malformed;
    to = decision.to;
  }
}

BatchResult PacketServer::receive(Batch& batch) noexcept {
  std::size_t slots = 0;
  return unless_down(
      receiver_.receive(fd_.get(), batch, [&](const LinkMessage& message, Slot& slot) {
        if (slots == 0) self_.refresh(fd_.get(), slot.at);
        senders_[slots] = message.from;
        judge(message, slot, to_[slots++]);
        return true;
      }));
}

BatchResult PacketServer::send(Batch& batch) noexcept {
  return sender_.send_each(fd_.get(), batch,
                           [this](std::size_t index, const Slot& slot, std::size_t /*place*/) {
                             sender_.add(index, to_[index], {{slot.data, slot.size}});
                           });
}

/// The peer is the station that a frame came from; the rest is where the frame goes.
PeerRef PacketServer::peer_ref(std::size_t index) const noexcept {
  return {std::as_bytes(std::span{senders_[index].bytes}),
          std::as_bytes(std::span{to_[index].bytes})};
}

void PacketServer::set_peer(std::size_t index, const PeerRef& peer) noexcept {
  const auto station = [](std::span<const std::byte> bytes) {
    return bytes.size() >= kMacBytes ? MacAddress::read(bytes) : MacAddress{};
  };
  senders_[index] = station(peer.address());
  to_[index] = station(peer.return_path());
}

std::optional<SocketDescription> PacketServer::sender(std::size_t index) const {
  if (index >= senders_.size()) return std::nullopt;
  return describe_station(config_.kind, AddressFamily::packet, config_.interface.name,
                          senders_[index]);
}

}  // namespace netecho
