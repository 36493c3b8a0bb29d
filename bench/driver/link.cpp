/// \file
/// A message in a frame of Ethernet.

#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sys/ioctl.h>

#include <cstdio>
#include <cstring>

#include "carrier.hpp"
#include "common.hpp"

namespace bench {
namespace {

constexpr std::size_t kMacBytes = 6;
using Mac = std::array<unsigned char, kMacBytes>;

struct Station {
  std::string interface;
  Mac mac{};
};

Station station_of(const std::string& rest) {
  const auto slash = rest.find('/');
  Station out{rest.substr(0, slash), {}};
  // Interfaces that were made for this.
  if (out.interface.rfind("nb", 0) != 0 || out.interface.size() >= IFNAMSIZ) {
    fail("not an interface of the bench: " + rest);
  }
  Mac& mac = out.mac;
  if (slash == std::string::npos ||
      std::sscanf(rest.c_str() + slash + 1, "%2hhx:%2hhx:%2hhx:%2hhx:%2hhx:%2hhx", &mac[0], &mac[1],
                  &mac[2], &mac[3], &mac[4], &mac[5]) != static_cast<int>(kMacBytes)) {
    fail("no MAC address: " + rest);
  }
  return out;
}

Mac own_mac(int fd, const std::string& interface) {
  ifreq request{};
  interface.copy(request.ifr_name, IFNAMSIZ - 1);
  if (::ioctl(fd, SIOCGIFHWADDR, &request) != 0) fail_errno(interface);
  Mac out{};
  std::memcpy(out.data(), request.ifr_hwaddr.sa_data, out.size());
  return out;
}

/// A pair of bytes that an answer has at this place.
struct Pair {
  std::uint32_t at;
  std::uint16_t value;
};

class Link : public Carrier {
 protected:
  Link(std::uint16_t ethertype, const Station& peer, std::size_t head_bytes)
      : Carrier{::socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, 0), head_bytes, head_bytes},
        peer_{peer.mac} {
    if (fd() < 0) fail_errno("socket");
    self_ = own_mac(fd(), peer.interface);
    address_.sll_family = AF_PACKET;
    address_.sll_protocol = htons(ethertype);
    address_.sll_ifindex = static_cast<int>(::if_nametoindex(peer.interface.c_str()));
    address_.sll_halen = kMacBytes;
  }

  /// Gets what is for this station, came over no VLAN, and has these pairs.
  void bind(const std::vector<Pair>& pairs) {
    constexpr auto kAncillary = static_cast<std::uint32_t>(SKF_AD_OFF);
    const auto drop = statement(BPF_RET | BPF_K, 0);
    std::vector<sock_filter> code{statement(BPF_LD | BPF_B | BPF_ABS, kAncillary + SKF_AD_PKTTYPE),
                                  jump_if(PACKET_OTHERHOST, 0, 1),
                                  drop,
                                  jump_if(PACKET_OUTGOING, 0, 1),
                                  drop,
                                  statement(BPF_LD | BPF_W | BPF_ABS, kAncillary + SKF_AD_VLAN_TAG),
                                  statement(BPF_ALU | BPF_AND | BPF_K, 0xFFF),
                                  jump_if(0, 1, 0),
                                  drop};
    for (const Pair& each : pairs) {
      code.insert(code.end(),
                  {statement(BPF_LD | BPF_H | BPF_ABS, each.at), jump_if(each.value, 1, 0), drop});
    }
    code.push_back(statement(BPF_RET | BPF_K, 0x40000));
    attach(fd(), code);
    const int on = 1;
    set(fd(), SOL_PACKET, PACKET_AUXDATA, on, "PACKET_AUXDATA");
    ::setsockopt(fd(), SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof on);
    ::setsockopt(fd(), SOL_SOCKET, SO_RXQ_OVFL, &on, sizeof on);
    make_room(fd());
    if (::bind(fd(), reinterpret_cast<const sockaddr*>(&address_), sizeof address_) != 0) {
      fail_errno("bind");
    }
    std::memcpy(address_.sll_addr, peer_.data(), peer_.size());
    send_to(address_);
  }

  [[nodiscard]] const Mac& self() const noexcept { return self_; }
  [[nodiscard]] const Mac& peer() const noexcept { return peer_; }

 private:
  Mac self_{};
  Mac peer_;
  sockaddr_ll address_{};
};

/// The Configuration Testing Protocol, whose integers are little-endian: skipCount, Forward Data to
/// this station, Reply with a receipt number.
class Packet final : public Link {
 public:
  explicit Packet(const Station& peer) : Link{0x9000, peer, kHeadBytes} {
    Head answer{};
    write_head(answer.data(), 0, nullptr, 0);
    answer[0] = kForwardBytes;
    std::vector<Pair> pairs;
    for (std::uint32_t at = 0; at < kReceiptAt; at += 2) {
      std::uint16_t value = 0;
      std::memcpy(&value, answer.data() + at, sizeof value);
      pairs.push_back({at, ntohs(value)});
    }
    bind(pairs);
  }

  void write_head(char* head, std::uint64_t sequence, const char* /*message*/,
                  std::size_t /*size*/) const noexcept override {
    std::memset(head, 0, kHeadBytes);
    head[2] = 2;  // Forward Data.
    std::memcpy(head + 4, self().data(), kMacBytes);
    head[10] = 1;  // Reply.
    head[kReceiptAt] = static_cast<char>(sequence & 0xFFU);
    head[kReceiptAt + 1] = static_cast<char>(sequence >> 8U & 0xFFU);
  }

  [[nodiscard]] bool is_answer(const char* head, std::uint64_t sequence) const noexcept override {
    Head same{};
    write_head(same.data(), sequence, nullptr, 0);
    same[0] = kForwardBytes;
    return std::memcmp(head, same.data(), kHeadBytes) == 0;
  }

 private:
  static constexpr std::size_t kHeadBytes = 14;
  static constexpr std::size_t kReceiptAt = 12;
  static constexpr char kForwardBytes = 8;
};

/// The echo of XNS and of Cisco's `ping ipx`: packet type 2, socket 0002, an operation.
class Ipx final : public Link {
 public:
  explicit Ipx(const Station& peer) : Link{0x8137, peer, kHeadBytes} {
    bind({{0, 0xFFFF}, {kTypeAt - 1, kEcho}, {kOperationAt, kReply}});
  }

  void write_head(char* head, std::uint64_t /*sequence*/, const char* /*message*/,
                  std::size_t size) const noexcept override {
    write(head, size, kRequest);
    write_address(head + kDestinationAt, peer(), kEchoSocket);
    write_address(head + kSourceAt, self(), kOwnSocket);
  }

  /// Which one it answers is told by the message alone.
  [[nodiscard]] bool is_answer(const char* head,
                               std::uint64_t /*sequence*/) const noexcept override {
    Head same{};
    std::uint16_t length = 0;
    std::memcpy(&length, head + 2, sizeof length);
    write(same.data(), ntohs(length) - kHeadBytes, kReply);
    write_address(same.data() + kDestinationAt, self(), kOwnSocket);
    write_address(same.data() + kSourceAt, peer(), kEchoSocket);
    return std::memcmp(head, same.data(), kHeadBytes) == 0;
  }

 private:
  static constexpr std::size_t kHeadBytes = 32;
  static constexpr std::size_t kTypeAt = 5;
  static constexpr std::size_t kDestinationAt = 6;
  static constexpr std::size_t kSourceAt = 18;
  static constexpr std::size_t kOperationAt = 30;
  static constexpr char kEcho = 2;
  static constexpr char kRequest = 1;
  static constexpr char kReply = 2;
  static constexpr char kEchoSocket = 2;    // 0002
  static constexpr char kOwnSocket = 0x40;  // 4000

  static void write(char* head, std::size_t size, char operation) noexcept {
    const std::uint16_t length = htons(static_cast<std::uint16_t>(kHeadBytes + size));
    std::memset(head, 0, kHeadBytes);
    std::memset(head, 0xFF, 2);
    std::memcpy(head + 2, &length, sizeof length);
    head[kTypeAt] = kEcho;
    head[kOperationAt + 1] = operation;
  }

  /// Writes an address on net 0, which is this segment.
  static void write_address(char* to, const Mac& node, char socket) noexcept {
    std::memcpy(to + 4, node.data(), node.size());
    to[socket == kEchoSocket ? 11 : 10] = socket;
  }
};

}  // namespace

std::unique_ptr<Carrier> carry_by_ctp(const std::string& rest) {
  return std::make_unique<Packet>(station_of(rest));
}

std::unique_ptr<Carrier> carry_by_ipx(const std::string& rest) {
  return std::make_unique<Ipx>(station_of(rest));
}

}  // namespace bench
