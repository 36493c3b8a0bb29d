#include "protocols/packet/packet_client.hpp"

#include <algorithm>

namespace netecho {
namespace {

constexpr std::array<std::byte, kCtpLeastBytes - kCtpProbeHeadBytes> kPadding{};

}  // namespace

PacketClient::PacketClient(UniqueFd fd, Config config)
    : fd_{std::move(fd)},
      config_{std::move(config)},
      sender_{config_.interface.index, kCtpEthertype} {}

Features PacketClient::features() noexcept {
  return {.timestamping = this, .path = this, .stations = config_.to.is_group() ? this : nullptr};
}

/// Also takes off what is behind it: an answer is no longer than its request, and whoever carries
/// frames may pad them.
bool PacketClient::is_ours(const LinkMessage& message, Slot& slot) const noexcept {
  const auto receipt = read_ctp_answer(message.head, config_.interface.mac);
  if (!receipt || sizes_[*receipt] == 0 || message.from.is_group()) return false;
  if (!config_.to.is_group() && message.from != config_.to) return false;
  slot.number = receipt;
  const std::uint32_t size = sizes_[*receipt] - 1;
  if (slot.size > size) {
    slot.size = size;
    slot.truncated = false;
  }
  return true;
}

BatchResult PacketClient::receive(Batch& batch) noexcept {
  const BatchResult result = receiver_.receive(
      fd_.get(), batch,
      [this](const LinkMessage& message, Slot& slot) { return is_ours(message, slot); });
  stamps_.received(fd_.get());
  return result;
}

void PacketClient::add(std::size_t index, const Slot& slot, Head& head) noexcept {
  const std::uint16_t receipt = slot.number ? *slot.number : next_receipt_++;
  write_ctp_probe(head, config_.interface.mac, receipt);
  sizes_[receipt] = slot.size + 1;
  const std::size_t padding = kPadding.size() - std::min<std::size_t>(slot.size, kPadding.size());
  sender_.add(index, config_.to,
              {head, {slot.data, slot.size}, std::span{kPadding}.first(padding)});
}

BatchResult PacketClient::send(Batch& batch) noexcept {
  const BatchResult result = sender_.send_each(
      fd_.get(), batch, [this](std::size_t index, const Slot& slot, std::size_t place) {
        add(index, slot, heads_[place]);
      });
  stamps_.sent(result);
  return result;
}

SocketDescription PacketClient::description(const PeerRef& station) const {
  return describe_station(config_.kind, AddressFamily::packet, config_.interface.name,
                          MacAddress::read(station.address()));
}

std::optional<SocketDescription> PacketClient::peer() const {
  return describe_station(config_.kind, AddressFamily::packet, config_.interface.name, config_.to);
}

std::optional<SocketDescription> PacketClient::local() const {
  return describe_station(config_.kind, AddressFamily::packet, config_.interface.name,
                          config_.interface.mac);
}

}  // namespace netecho
