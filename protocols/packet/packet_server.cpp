#include "protocols/packet/packet_server.hpp"

#include <cerrno>

#include "core/codec/ctp.hpp"

namespace netecho {
namespace {

constexpr Duration kBetweenLooks = std::chrono::seconds{1};

/// Parts the rates of stations from those of networks.
constexpr std::uint64_t kStation = std::uint64_t{1} << 63U;

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

void PacketServer::refresh(Instant now) noexcept {
  if (now < next_look_) return;
  next_look_ = now + kBetweenLooks;
  if (const auto address = station_of(fd_.get())) self_ = *address;
}

void PacketServer::judge(const LinkMessage& message, Slot& slot, MacAddress& to) const noexcept {
  slot.source_prefix = kStation | message.from.number();
  if (message.from.is_group()) {
    slot.refused = Refusal::not_unicast;
  } else if (message.from == self_) {
    slot.refused = Refusal::loop;  // A station's keepalive to itself, or a forged one.
  } else {
    const CtpDecision decision =
        judge_ctp({slot.data, slot.size},
                  {.self = self_, .for_many = message.for_many, .hops = config_.hops});
    slot.refused = refusal_of(decision.verdict);
    slot.truncated = slot.truncated || decision.verdict == CtpVerdict::malformed;
    to = decision.to;
  }
}

BatchResult PacketServer::receive(Batch& batch) noexcept {
  std::size_t slots = 0;
  const BatchResult result =
      receiver_.receive(fd_.get(), batch, [&](const LinkMessage& message, Slot& slot) {
        if (slots == 0) refresh(slot.at);
        judge(message, slot, to_[slots++]);
        return true;
      });
  // The interface is down: what comes when it is up again is served as before.
  if (result.status == IoStatus::failed && result.error == ENETDOWN) {
    return {IoStatus::would_block, 0, 0};
  }
  return result;
}

BatchResult PacketServer::send(Batch& batch) noexcept {
  sender_.clear();
  for (std::size_t i = batch.next; i < batch.count && !sender_.full(); ++i) {
    const Slot& slot = batch.slots()[i];
    if (slot.skip || slot.refused != Refusal::none) continue;
    sender_.add(i, to_[i], {{slot.data, slot.size}});
  }
  if (sender_.count() == 0) {
    batch.next = batch.count;
    return {IoStatus::ok, 0, 0};
  }
  return sender_.send(fd_.get(), batch);
}

PeerRef PacketServer::peer_ref(std::size_t index) const noexcept {
  return {std::as_bytes(std::span{to_[index].bytes}), {}};
}

void PacketServer::set_peer(std::size_t index, const PeerRef& peer) noexcept {
  to_[index] = peer.address().size() >= kMacBytes ? MacAddress::read(peer.address()) : MacAddress{};
}

std::optional<SocketDescription> PacketServer::sender(std::size_t index) const {
  if (index >= LinkReceiver::kSlots) return std::nullopt;
  return describe_station(config_.kind, AddressFamily::packet, config_.interface.name,
                          receiver_.sender(index));
}

}  // namespace netecho
