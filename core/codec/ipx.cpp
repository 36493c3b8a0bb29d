#include "core/codec/ipx.hpp"

#include <algorithm>
#include <array>

#include "core/codec/big_endian.hpp"

namespace netecho {
namespace {

using Bytes = std::span<const std::byte>;

// Places in the header.
constexpr std::size_t kLengthAt = 2;
constexpr std::size_t kControlAt = 4;
constexpr std::size_t kTypeAt = 5;
constexpr std::size_t kToAt = 6;
constexpr std::size_t kFromAt = 18;
constexpr std::size_t kAddressBytes = 12;

constexpr std::uint16_t kNoChecksum = 0xFFFF;
/// A packet that has passed so many routers goes no further.
constexpr unsigned kMostRouters = 16;

constexpr std::byte kTypeUnknown{0};
constexpr std::byte kTypeEcho{2};
constexpr std::byte kTypeExchange{4};

constexpr std::uint16_t kEchoRequest = 1;
constexpr std::uint16_t kEchoReply = 2;

constexpr std::array<std::byte, 5> kPingMark{std::byte{'P'}, std::byte{'i'}, std::byte{'n'},
                                             std::byte{'g'}, std::byte{1}};
constexpr std::size_t kPingTypeAt = 5;
constexpr std::size_t kPingIdAt = 6;
constexpr std::byte kPingRequest{0};
constexpr std::byte kPingReply{1};

enum class Operation : std::uint8_t { request, reply, unknown };

std::uint16_t load_16(Bytes from, std::size_t at) noexcept {
  return load_big_endian<std::uint16_t>(from.data() + at);
}

IpxAddress read_address(Bytes from) noexcept {
  return {.net = load_big_endian<std::uint32_t>(from.data()),
          .node = MacAddress::read(from.subspan(4)),
          .socket = load_16(from, 10)};
}

void write_address(std::span<std::byte> to, const IpxAddress& address) noexcept {
  store_big_endian(to.data(), address.net);
  address.node.write(to.subspan(4));
  store_big_endian(to.data() + 10, address.socket);
}

std::size_t echo_bytes(std::uint16_t socket) noexcept {
  return is_ipx_ping(socket) ? kIpxPingBytes : kIpxEchoBytes;
}

/// REQUIRES: so many bytes that the echo of this socket has.
Operation operation_of(Bytes echo, std::uint16_t socket) noexcept {
  if (!is_ipx_ping(socket)) {
    const std::uint16_t operation = load_16(echo, 0);
    return operation == kEchoRequest ? Operation::request
           : operation == kEchoReply ? Operation::reply
                                     : Operation::unknown;
  }
  if (!std::ranges::equal(echo.first(kPingMark.size()), kPingMark)) return Operation::unknown;
  return echo[kPingTypeAt] == kPingRequest ? Operation::request
         : echo[kPingTypeAt] == kPingReply ? Operation::reply
                                           : Operation::unknown;
}

void set_operation(std::span<std::byte> echo, std::uint16_t socket, Operation operation) noexcept {
  const bool reply = operation == Operation::reply;
  if (is_ipx_ping(socket)) {
    echo[kPingTypeAt] = reply ? kPingReply : kPingRequest;
  } else {
    store_big_endian(echo.data(), reply ? kEchoReply : kEchoRequest);
  }
}

bool has_type_of(std::uint16_t socket, std::byte type) noexcept {
  if (!is_ipx_ping(socket)) return type == kTypeEcho;
  return type == kTypeUnknown || type == kTypeExchange;
}

/// Judges a packet whose header is whole, and whose length is true.
IpxVerdict judge_packet(Bytes packet, const IpxAddress& from, const IpxArrival& arrival) noexcept {
  const IpxAddress to = read_address(packet.subspan(kToAt));
  if (from.node.is_group() || arrival.from.is_group()) return IpxVerdict::group;
  if (from.node == arrival.self || arrival.from == arrival.self) return IpxVerdict::own;
  if (to.node != arrival.self && to.node != kIpxBroadcast) return IpxVerdict::elsewhere;
  if (to.net != 0 && arrival.net != 0 && to.net != arrival.net) return IpxVerdict::elsewhere;
  if (std::to_integer<unsigned>(packet[kControlAt]) >= kMostRouters) return IpxVerdict::hops;
  if (to.socket != kIpxEchoSocket && to.socket != kIpxPingSocket) return IpxVerdict::malformed;
  const Bytes echo = packet.subspan(kIpxHeaderBytes);
  if (echo.size() < echo_bytes(to.socket)) return IpxVerdict::malformed;
  if (!has_type_of(to.socket, packet[kTypeAt])) return IpxVerdict::malformed;
  switch (operation_of(echo, to.socket)) {
    case Operation::request:
      return IpxVerdict::answer;
    case Operation::reply:
      return IpxVerdict::reply;
    case Operation::unknown:
      break;
  }
  return IpxVerdict::malformed;
}

}  // namespace

std::size_t ipx_head_bytes(Framing framing, std::uint16_t socket) noexcept {
  return link_head(framing).size() + kIpxHeaderBytes + echo_bytes(socket);
}

std::size_t ipx_padding(std::size_t data_bytes) noexcept {
  static_assert(kIpxHeaderBytes % 2 == 0 && kIpxEchoBytes % 2 == 0 && kIpxPingBytes % 2 == 0);
  return data_bytes % 2;
}

void set_ipx_data_bytes(std::span<std::byte> head, Framing framing,
                        std::size_t data_bytes) noexcept {
  const std::size_t link = link_head(framing).size();
  store_big_endian(head.data() + link + kLengthAt,
                   static_cast<std::uint16_t>(head.size() - link + data_bytes));
}

void write_ipx_request(std::span<std::byte> head, const IpxQuestion& question, std::uint16_t number,
                       std::size_t data_bytes) noexcept {
  head = head.first(ipx_head_bytes(question.framing, question.to.socket));
  std::ranges::fill(head, std::byte{0});
  const Bytes link = link_head(question.framing);
  std::ranges::copy(link, head.begin());
  const auto packet = head.subspan(link.size());
  store_big_endian(packet.data(), kNoChecksum);
  write_address(packet.subspan(kToAt), question.to);
  write_address(packet.subspan(kFromAt), question.from);
  const auto echo = packet.subspan(kIpxHeaderBytes);
  if (is_ipx_ping(question.to.socket)) {
    std::ranges::copy(kPingMark, echo.begin());
    store_big_endian(echo.data() + kPingIdAt, number);
  } else {
    packet[kTypeAt] = kTypeEcho;
  }
  set_operation(echo, question.to.socket, Operation::request);
  set_ipx_data_bytes(head, question.framing, data_bytes);
}

std::optional<IpxAnswer> read_ipx_answer(Bytes head, const IpxQuestion& question) noexcept {
  const Bytes link = link_head(question.framing);
  const IpxAddress& asked = question.to;
  if (head.size() < ipx_head_bytes(question.framing, asked.socket)) return std::nullopt;
  if (!std::ranges::equal(head.first(link.size()), link)) return std::nullopt;
  const Bytes packet = head.subspan(link.size());
  const std::size_t head_bytes = kIpxHeaderBytes + echo_bytes(asked.socket);
  const std::size_t length = load_16(packet, kLengthAt);
  if (load_16(packet, 0) != kNoChecksum || length < head_bytes) return std::nullopt;
  const IpxAddress to = read_address(packet.subspan(kToAt));
  const IpxAddress from = read_address(packet.subspan(kFromAt));
  if (to.node != question.from.node || to.socket != question.from.socket) return std::nullopt;
  if (from.socket != asked.socket || from.node.is_group()) return std::nullopt;
  // Who is asked as one of this segment (net 0) may answer by the number that the segment has.
  if (!asked.node.is_group() && from.node != asked.node) return std::nullopt;
  const Bytes echo = packet.subspan(kIpxHeaderBytes);
  if (operation_of(echo, asked.socket) != Operation::reply) return std::nullopt;
  IpxAnswer out{.from = from, .data_bytes = length - head_bytes};
  if (is_ipx_ping(asked.socket)) out.number = load_16(echo, kPingIdAt);
  return out;
}

IpxDecision judge_ipx(Bytes frame, const IpxArrival& arrival) noexcept {
  IpxDecision out;
  const auto framing = framing_of(arrival.protocol, frame);
  if (!framing) return out;
  out.framing = *framing;
  const std::size_t link = link_head(*framing).size();
  const Bytes packet = frame.subspan(link);
  if (packet.size() < kIpxHeaderBytes) return out;
  out.from = read_address(packet.subspan(kFromAt));
  const std::size_t length = load_16(packet, kLengthAt);
  if (length < kIpxHeaderBytes || length > packet.size()) return out;
  if (load_16(packet, 0) != kNoChecksum) return out;
  out.verdict = judge_packet(packet.first(length), *out.from, arrival);
  if (out.verdict != IpxVerdict::answer) return out;
  const std::uint16_t socket = read_address(packet.subspan(kToAt)).socket;
  out.head_bytes = ipx_head_bytes(*framing, socket);
  out.data_bytes = link + length - out.head_bytes;
  return out;
}

void answer_ipx(std::span<std::byte> head, Framing framing, const MacAddress& self) noexcept {
  const auto packet = head.subspan(link_head(framing).size());
  const IpxAddress asked = read_address(packet.subspan(kToAt));
  std::ranges::copy(packet.subspan(kFromAt, kAddressBytes), packet.subspan(kToAt).begin());
  write_address(packet.subspan(kFromAt), {.net = asked.net, .node = self, .socket = asked.socket});
  packet[kControlAt] = std::byte{0};
  set_operation(packet.subspan(kIpxHeaderBytes), asked.socket, Operation::reply);
}

}  // namespace netecho
