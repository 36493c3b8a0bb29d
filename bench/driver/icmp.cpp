/// \file
/// A message as the data of an ICMP echo (RFC 792).

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>

#include <linux/icmp.h>

#include <cstring>

#include "carrier.hpp"
#include "common.hpp"

namespace bench {
namespace {

constexpr std::size_t kIpHeaderBytes = 20;
constexpr std::size_t kIcmpHeaderBytes = 8;
constexpr std::size_t kChecksumAt = 2;
constexpr std::size_t kIdAt = 4;
constexpr std::size_t kNumberAt = 6;

std::uint32_t sum(const char* bytes, std::size_t size, std::uint32_t so_far) noexcept {
  for (std::size_t i = 0; i + 1 < size; i += 2) {
    std::uint16_t word = 0;
    std::memcpy(&word, bytes + i, sizeof word);
    so_far += word;
  }
  if (size % 2 != 0) so_far += static_cast<unsigned char>(bytes[size - 1]);  // Little-endian.
  return so_far;
}

class Icmp final : public Carrier {
 public:
  Icmp(const sockaddr_in& address, IcmpAccess access)
      : Carrier{::socket(AF_INET,
                         (access == IcmpAccess::raw ? SOCK_RAW : SOCK_DGRAM) | SOCK_CLOEXEC,
                         IPPROTO_ICMP),
                kIcmpHeaderBytes,
                kIcmpHeaderBytes + (access == IcmpAccess::raw ? kIpHeaderBytes : 0)},
        access_{access} {
    if (fd() < 0) fail_errno("socket");
    const int on = 1;
    set(fd(), IPPROTO_IP, IP_RECVERR, on, "IP_RECVERR");
    set(fd(), IPPROTO_IP, IP_RECVTTL, on, "IP_RECVTTL");
    make_room(fd());
    if (access == IcmpAccess::raw) {
      keep_answers();
      send_to(address);
    } else if (::connect(fd(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
      fail_errno("connect");
    }
  }

  /// Identifier and checksum of a ping socket's messages are the kernel's.
  void write_head(char* head, std::uint64_t sequence, const char* message,
                  std::size_t size) const noexcept override {
    const std::uint16_t number = htons(static_cast<std::uint16_t>(sequence));
    std::memset(head, 0, kIcmpHeaderBytes);
    head[0] = ICMP_ECHO;
    std::memcpy(head + kNumberAt, &number, sizeof number);
    if (access_ == IcmpAccess::ping) return;
    std::memcpy(head + kIdAt, &id_, sizeof id_);
    std::uint32_t total = sum(message, size, sum(head, kIcmpHeaderBytes, 0));
    total = (total & 0xFFFFU) + (total >> 16U);
    const auto checksum = static_cast<std::uint16_t>(~(total + (total >> 16U)));
    std::memcpy(head + kChecksumAt, &checksum, sizeof checksum);
  }

  [[nodiscard]] bool is_answer(const char* head, std::uint64_t sequence) const noexcept override {
    if (access_ == IcmpAccess::raw) head += kIpHeaderBytes;
    std::uint16_t number = 0;
    std::memcpy(&number, head + kNumberAt, sizeof number);
    return head[0] == ICMP_ECHOREPLY && ntohs(number) == static_cast<std::uint16_t>(sequence);
  }

 private:
  void keep_answers() const {
    set(fd(), SOL_RAW, ICMP_FILTER, icmp_filter{~(1U << ICMP_ECHOREPLY)}, "ICMP_FILTER");
    std::vector<sock_filter> code{statement(BPF_LDX | BPF_B | BPF_MSH, 0),
                                  statement(BPF_LD | BPF_B | BPF_IND, 0),
                                  jump_if(ICMP_ECHOREPLY, 0, 3),
                                  statement(BPF_LD | BPF_H | BPF_IND, kIdAt),
                                  jump_if(ntohs(id_), 0, 1),
                                  statement(BPF_RET | BPF_K, 0xFFFF'FFFF),
                                  statement(BPF_RET | BPF_K, 0)};
    attach(fd(), code);
  }

  IcmpAccess access_;
  std::uint16_t id_ = static_cast<std::uint16_t>(now_ns() >> 8U);
};

/// One of those for benchmarks (RFC 2544): this program loads whatever it is pointed at.
sockaddr_in address_of(const std::string& host) {
  constexpr std::uint32_t kNetwork = (198U << 24U | 18U << 16U) >> 17U;
  sockaddr_in out{};
  out.sin_family = AF_INET;
  if (::inet_pton(AF_INET, host.c_str(), &out.sin_addr) != 1) fail("no IPv4 address: " + host);
  if (ntohl(out.sin_addr.s_addr) >> 17U != kNetwork) fail("not of 198.18.0.0/15: " + host);
  return out;
}

}  // namespace

std::unique_ptr<Carrier> carry_by_icmp(const std::string& host, IcmpAccess access) {
  return std::make_unique<Icmp>(address_of(host), access);
}

}  // namespace bench
