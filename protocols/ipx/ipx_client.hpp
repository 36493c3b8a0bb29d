#pragma once

/// \file
/// A client of the echoes of IPX: its messages are the data of requests (core/codec/ipx.hpp).

#include <array>
#include <optional>

#include "core/base/random.hpp"
#include "core/base/unique_fd.hpp"
#include "core/codec/ipx.hpp"
#include "core/seam/message_port.hpp"
#include "protocols/link/interface.hpp"
#include "protocols/link/link_receiver.hpp"
#include "protocols/link/link_sender.hpp"
#include "protocols/link/link_stamps.hpp"

namespace netecho {

/// A slot is the data of one packet, whose length says where it ends. A ping has a number beside it
/// (Slot::number), an echo has none.
class IpxClient final : public MessagePort, public Timestamping, public Path, public Stations {
 public:
  struct Config {
    Interface interface;
    SocketKind kind;
    IpxQuestion question;
  };

  /// REQUIRES: `fd` from open_link_socket(), for frames of the question's framing.
  IpxClient(UniqueFd fd, Config config);

  BatchResult receive(Batch& batch) noexcept override;
  BatchResult send(Batch& batch) noexcept override;
  [[nodiscard]] int fd() const noexcept override { return fd_.get(); }
  [[nodiscard]] Features features() noexcept override;
  void stamp_by_kernel(std::size_t kept) override { stamps_.begin(fd_.get(), kept); }
  [[nodiscard]] std::optional<WallTime> kernel_sent(std::uint64_t ordinal) const noexcept override {
    return stamps_.of(ordinal);
  }
  [[nodiscard]] std::optional<SocketDescription> peer() const override;
  [[nodiscard]] std::optional<SocketDescription> local() const override;
  [[nodiscard]] PeerRef station(std::size_t index) const noexcept override;
  [[nodiscard]] SocketDescription description(const PeerRef& station) const override;

 private:
  using Head = std::array<std::byte, kIpxMostHeadBytes>;

  /// False: it answers nothing that this client asks.
  [[nodiscard]] bool take(const LinkMessage& message, Slot& slot, IpxAddress& from) const noexcept;
  void add(std::size_t index, const Slot& slot, Head& head) noexcept;

  UniqueFd fd_;
  Config config_;
  std::size_t head_bytes_;
  LinkReceiver receiver_;
  LinkSender sender_;
  std::array<Head, LinkSender::kSlots> heads_{};
  std::array<IpxAddress, LinkReceiver::kSlots> stations_{};  ///< Who sent each slot.
  std::uint16_t next_number_ = static_cast<std::uint16_t>(random_u64());
  LinkStamps stamps_;
};

}  // namespace netecho
