#include "protocols/ipx/ipx_client.hpp"

#include <cstring>
#include <type_traits>

#include "protocols/ipx/describe_ipx.hpp"

namespace netecho {
namespace {

constexpr std::array<std::byte, 1> kPadding{};

static_assert(kIpxMostHeadBytes <= LinkReceiver::kMostHeadBytes);
static_assert(std::has_unique_object_representations_v<IpxAddress>,
              "stations differ by their bytes");

}  // namespace

IpxClient::IpxClient(UniqueFd fd, Config config)
    : fd_{std::move(fd)},
      config_{std::move(config)},
      head_bytes_{ipx_head_bytes(config_.question.framing, config_.question.to.socket)},
      receiver_{head_bytes_, LinkReceiver::Pace::one_by_one},
      sender_{config_.interface.index, link_protocol(config_.question.framing)} {}

Features IpxClient::features() noexcept {
  const bool many = config_.question.to.node.is_group();
  return {.timestamping = this, .path = this, .stations = many ? this : nullptr};
}

bool IpxClient::take(const LinkMessage& message, Slot& slot, IpxAddress& from) const noexcept {
  const auto answer = read_ipx_answer(message.head, config_.question);
  if (!answer) return false;
  // A frame that ends before its packet does; one that is longer than the slot is no liar.
  if (slot.size < answer->data_bytes && !slot.truncated) return false;
  if (slot.size >= answer->data_bytes) {
    slot.size = static_cast<std::uint32_t>(answer->data_bytes);
    slot.truncated = false;
  }
  slot.number = answer->number;
  from = answer->from;
  return true;
}

BatchResult IpxClient::receive(Batch& batch) noexcept {
  std::size_t slots = 0;
  const BatchResult result =
      receiver_.receive(fd_.get(), batch, [&](const LinkMessage& message, Slot& slot) {
        const bool taken = take(message, slot, stations_[slots]);
        if (taken) ++slots;
        return taken;
      });
  stamps_.received(fd_.get());
  return result;
}

void IpxClient::add(std::size_t index, const Slot& slot, Head& head) noexcept {
  const std::uint16_t number = slot.number ? *slot.number : next_number_++;
  write_ipx_request(head, config_.question, number, slot.size);
  sender_.add(index, config_.question.to.node,
              {std::span{head}.first(head_bytes_),
               {slot.data, slot.size},
               std::span{kPadding}.first(ipx_padding(slot.size))});
}

BatchResult IpxClient::send(Batch& batch) noexcept {
  const BatchResult result = sender_.send_each(
      fd_.get(), batch, [this](std::size_t index, const Slot& slot, std::size_t place) {
        add(index, slot, heads_[place]);
      });
  stamps_.sent(result);
  return result;
}

PeerRef IpxClient::station(std::size_t index) const noexcept {
  return {std::as_bytes(std::span{&stations_[index], 1}), {}};
}

SocketDescription IpxClient::description(const PeerRef& station) const {
  IpxAddress address;
  const auto bytes = station.address();
  if (bytes.size() == sizeof address) std::memcpy(&address, bytes.data(), sizeof address);
  return describe_ipx(config_.kind, config_.interface.name, address);
}

std::optional<SocketDescription> IpxClient::peer() const {
  return describe_ipx(config_.kind, config_.interface.name, config_.question.to);
}

std::optional<SocketDescription> IpxClient::local() const {
  return describe_ipx(config_.kind, config_.interface.name, config_.question.from);
}

}  // namespace netecho
