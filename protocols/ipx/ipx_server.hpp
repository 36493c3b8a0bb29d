#pragma once

/// \file
/// A station that answers the echoes of IPX on one interface, in whichever framing it is asked
/// (core/codec/ipx.hpp).

#include <array>
#include <memory>
#include <optional>

#include "core/base/unique_fd.hpp"
#include "core/codec/ipx.hpp"
#include "core/seam/message_port.hpp"
#include "protocols/link/interface_hold.hpp"
#include "protocols/link/link_receiver.hpp"
#include "protocols/link/link_sender.hpp"
#include "protocols/link/link_socket.hpp"

namespace netecho {

/// A slot is the data of one packet. Those that may not be answered are marked; one packet never
/// becomes more than one, nor a larger one, but for the byte of padding that one of odd length
/// lacked.
class IpxServer final : public MessagePort, public Readdressing, public Drops, public Senders {
 public:
  struct Config {
    Interface interface;
    SocketKind kind;
    std::uint32_t net = 0;  ///< 0: it answers for any.
    /// No other server answers there as long as this one does.
    std::shared_ptr<InterfaceHold> hold{};
  };

  /// REQUIRES: `fd` from open_link_socket(), for frames of every kind. Another server may have had
  /// the socket before.
  IpxServer(UniqueFd fd, Config config);

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
  /// What an answer has in front of its data, and to whom its frame goes.
  struct Answer {
    MacAddress to;
    Framing framing = Framing::ethernet2;
    std::uint8_t size = 0;
    std::array<std::byte, kIpxMostHeadBytes> head{};
  };

  void judge(const LinkMessage& message, Slot& slot, std::size_t index) noexcept;
  void add(std::size_t index, const Slot& slot) noexcept;

  UniqueFd fd_;
  Config config_;
  OwnStation self_;
  LinkReceiver receiver_;
  LinkSender sender_;
  std::array<Answer, LinkReceiver::kSlots> answers_{};
  std::array<IpxAddress, LinkReceiver::kSlots> senders_{};  ///< Of the last batch.
};

}  // namespace netecho
