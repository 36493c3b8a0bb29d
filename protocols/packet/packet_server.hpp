#pragma once

/// \file
/// A station that answers the Configuration Testing Protocol on one interface: it sends each frame
/// on to where that asks for (core/codec/ctp.hpp).

#include <array>
#include <memory>
#include <optional>

#include "core/seam/message_port.hpp"
#include "protocols/link/interface_hold.hpp"
#include "protocols/link/link_receiver.hpp"
#include "protocols/link/link_sender.hpp"
#include "protocols/link/link_socket.hpp"

namespace netecho {

/// A slot is a whole frame but for its Ethernet header. Those that may not be sent on are marked;
/// one frame never becomes more than one.
class PacketServer final : public MessagePort, public Readdressing, public Drops, public Senders {
 public:
  struct Config {
    Interface interface;
    SocketKind kind;
    std::size_t hops = 1;  ///< How many hops a frame may have in all.
    /// No other server answers there as long as this one does.
    std::shared_ptr<InterfaceHold> hold{};
  };

  /// REQUIRES: from open_link_socket(). Another server may have had the socket before.
  PacketServer(UniqueFd fd, Config config);

  BatchResult receive(Batch& batch) noexcept override;
  BatchResult send(Batch& batch) noexcept override;
  [[nodiscard]] int fd() const noexcept override { return fd_.get(); }
  [[nodiscard]] Features features() noexcept override {
    return {.readdressing = this, .drops = this, .senders = this};
  }
  [[nodiscard]] PeerRef peer_ref(std::size_t index) const noexcept override;
  void set_peer(std::size_t index, const PeerRef& peer) noexcept override;
  [[nodiscard]] std::uint64_t kernel_drops() const noexcept override {
    return receiver_.kernel_drops();
  }
  [[nodiscard]] std::optional<SocketDescription> sender(std::size_t index) const override;

 private:
  void judge(const LinkMessage& message, Slot& slot, MacAddress& to) const noexcept;

  UniqueFd fd_;
  Config config_;
  OwnStation self_;
  LinkReceiver receiver_;
  LinkSender sender_;
  std::array<MacAddress, LinkReceiver::kSlots> to_{};       ///< Where each slot's frame goes.
  std::array<MacAddress, LinkReceiver::kSlots> senders_{};  ///< Who sent it.
};

}  // namespace netecho
