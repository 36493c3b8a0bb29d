#include "protocols/icmp/echo_message.hpp"

// In front of <linux/icmp.h>, which otherwise brings <linux/if.h> and <linux/in6.h>: the program
// would have two definitions of one type.
#include <net/if.h>
#include <netinet/in.h>

#include <linux/icmp.h>
#include <linux/icmpv6.h>

#include <algorithm>
#include <cstring>

namespace netecho {
namespace {

constexpr std::size_t kChecksumAt = 2;
constexpr std::size_t kIdAt = 4;
constexpr std::size_t kNumberAt = 6;

struct EchoTypes {
  std::uint8_t request;
  std::uint8_t reply;
};

EchoTypes types_of(IcmpVersion version) noexcept {
  if (version == IcmpVersion::v6) return {ICMPV6_ECHO_REQUEST, ICMPV6_ECHO_REPLY};
  return {ICMP_ECHO, ICMP_ECHOREPLY};
}

std::uint16_t sixteen_bits(std::span<const std::byte> from, std::size_t at) noexcept {
  return static_cast<std::uint16_t>(std::to_integer<unsigned>(from[at]) << 8U |
                                    std::to_integer<unsigned>(from[at + 1]));
}

void put_sixteen_bits(EchoHeader& to, std::size_t at, std::uint16_t value) noexcept {
  to[at] = static_cast<std::byte>(value >> 8U);
  to[at + 1] = static_cast<std::byte>(value & 0xFFU);
}

/// Sums pieces as RFC 1071 has it, in this machine's order of bytes, which makes no difference to
/// the result's bytes.
class InternetChecksum {
 public:
  /// Every piece but the last has a multiple of four bytes.
  void add(std::span<const std::byte> piece) noexcept {
    std::uint32_t word = 0;
    for (; piece.size() >= sizeof word; piece = piece.subspan(sizeof word)) {
      std::memcpy(&word, piece.data(), sizeof word);
      sum_ += word;
    }
    word = 0;
    if (!piece.empty()) std::memcpy(&word, piece.data(), piece.size());
    sum_ += word;
  }
  /// As it is to be copied into a message; 0 for a whole message whose checksum is right.
  [[nodiscard]] std::uint16_t value() const noexcept {
    std::uint64_t sum = (sum_ & 0xFFFF'FFFFU) + (sum_ >> 32U);
    while (sum >> 16U != 0) sum = (sum & 0xFFFFU) + (sum >> 16U);
    return static_cast<std::uint16_t>(~sum);
  }

 private:
  std::uint64_t sum_ = 0;
};

bool has_right_checksum(std::span<const std::byte> header,
                        std::span<const std::byte> data) noexcept {
  InternetChecksum checksum;
  checksum.add(header);
  checksum.add(data);
  return checksum.value() == 0;
}

/// The same with the headers of a message whose IP header has options: the ICMP header lies in the
/// second piece, or across both. The data goes to the start of that piece.
std::optional<std::size_t> skip_ip_options(std::span<const std::byte> head,
                                           std::span<std::byte> rest, std::size_t options,
                                           EchoHeader& header) noexcept {
  if (options > kMostIpHeaderBytes - kIpHeaderBytes || rest.size() < options) return std::nullopt;
  std::array<std::byte, kMostHeadBytes + kMostIpHeaderBytes> both{};
  std::copy(head.begin(), head.end(), both.begin());
  std::copy_n(rest.begin(), options, both.begin() + static_cast<std::ptrdiff_t>(head.size()));
  std::copy_n(both.begin() + static_cast<std::ptrdiff_t>(kIpHeaderBytes + options), header.size(),
              header.begin());
  const std::size_t data = rest.size() - options;
  if (data > 0) std::memmove(rest.data(), rest.data() + options, data);
  return data;
}

}  // namespace

EchoHeader echo_request(const EchoSocket& socket, std::uint16_t number,
                        std::span<const std::byte> data) noexcept {
  EchoHeader out{};
  out[0] = static_cast<std::byte>(types_of(socket.version).request);
  put_sixteen_bits(out, kIdAt, socket.id);
  put_sixteen_bits(out, kNumberAt, number);
  if (!socket.sees_ip_header()) return out;
  InternetChecksum checksum;
  checksum.add(out);
  checksum.add(data);
  const std::uint16_t value = checksum.value();
  std::memcpy(&out[kChecksumAt], &value, sizeof value);
  return out;
}

std::optional<EchoReply> read_echo_reply(const EchoSocket& socket, std::span<const std::byte> head,
                                         std::span<std::byte> rest, MessageCut cut) noexcept {
  if (head.size() != head_bytes(socket)) return std::nullopt;
  EchoHeader header;
  std::ranges::copy(head.last(kEchoHeaderBytes), header.begin());
  std::size_t bytes = rest.size();
  if (socket.sees_ip_header()) {
    const auto first = std::to_integer<unsigned>(head[0]);
    const std::size_t ip_bytes = std::size_t{first & 0xFU} * 4;
    if (first >> 4U != 4 || ip_bytes < kIpHeaderBytes) return std::nullopt;
    if (ip_bytes > kIpHeaderBytes) {
      const auto left = skip_ip_options(head, rest, ip_bytes - kIpHeaderBytes, header);
      if (!left) return std::nullopt;
      bytes = *left;
    }
  }
  if (std::to_integer<std::uint8_t>(header[0]) != types_of(socket.version).reply) {
    return std::nullopt;
  }
  if (header[1] != std::byte{0}) return std::nullopt;
  const bool raw = socket.access == IcmpAccess::raw;
  if (raw && sixteen_bits(header, kIdAt) != socket.id) return std::nullopt;
  // What was cut is no echo anyway.
  const bool checkable = socket.sees_ip_header() && cut == MessageCut::no;
  if (checkable && !has_right_checksum(header, rest.first(bytes))) return std::nullopt;
  return EchoReply{sixteen_bits(header, kNumberAt), bytes};
}

std::optional<std::uint16_t> read_echo_quote(const EchoSocket& socket,
                                             std::span<const std::byte> quote) noexcept {
  if (quote.size() < kEchoHeaderBytes) return std::nullopt;
  if (std::to_integer<std::uint8_t>(quote[0]) != types_of(socket.version).request) {
    return std::nullopt;
  }
  const bool raw = socket.access == IcmpAccess::raw;
  if (raw && sixteen_bits(quote, kIdAt) != socket.id) return std::nullopt;
  return sixteen_bits(quote, kNumberAt);
}

}  // namespace netecho
