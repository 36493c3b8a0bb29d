// IPX: what a request is, what a server does with a packet, and what a client takes as an answer.

#include "core/codec/ipx.hpp"

#include <algorithm>
#include <string_view>
#include <vector>

#include "tests/support/catch.hpp"

using namespace netecho;

namespace {

using Bytes = std::vector<std::byte>;

constexpr MacAddress kServer{{0x02, 0, 0, 0, 0, 0x01}};
constexpr MacAddress kClient{{0x02, 0, 0, 0, 0, 0x02}};
constexpr MacAddress kOther{{0x02, 0, 0, 0, 0, 0x03}};
constexpr MacAddress kGroup{{0x03, 0, 0, 0, 0, 0x02}};
constexpr std::uint16_t kOwnSocket = 0x4567;
constexpr std::string_view kData = "hello";

Bytes bytes(std::initializer_list<unsigned> values) {
  Bytes out;
  for (const unsigned value : values) out.push_back(static_cast<std::byte>(value));
  return out;
}

IpxQuestion question(Framing framing = Framing::ethernet2, std::uint16_t socket = kIpxEchoSocket,
                     const MacAddress& node = kServer, std::uint32_t net = 0) {
  return {.framing = framing,
          .to = {.net = net, .node = node, .socket = socket},
          .from = {.net = net, .node = kClient, .socket = kOwnSocket}};
}

/// A whole request with kData.
Bytes request(const IpxQuestion& question, std::uint16_t number = 0x0102) {
  Bytes out(ipx_head_bytes(question.framing, question.to.socket));
  write_ipx_request(out, question, number, kData.size());
  for (const char c : kData) out.push_back(static_cast<std::byte>(c));
  return out;
}

IpxDecision judge(const Bytes& frame, Framing framing = Framing::ethernet2, std::uint32_t net = 0) {
  return judge_ipx(
      frame, {.from = kClient, .self = kServer, .net = net, .protocol = link_protocol(framing)});
}

/// The same with other bytes at a place of the packet.
IpxVerdict changed(std::size_t at, std::initializer_list<unsigned> values,
                   std::uint16_t socket = kIpxEchoSocket) {
  Bytes frame = request(question(Framing::ethernet2, socket));
  std::ranges::copy(bytes(values), frame.begin() + static_cast<std::ptrdiff_t>(at));
  return judge(frame).verdict;
}

Bytes answer(const IpxQuestion& question) {
  Bytes out = request(question);
  const auto head = std::span{out}.first(ipx_head_bytes(question.framing, question.to.socket));
  answer_ipx(head, question.framing, kServer);
  return out;
}

constexpr std::size_t kControlAt = 4;
constexpr std::size_t kTypeAt = 5;
constexpr std::size_t kToNodeAt = 10;
constexpr std::size_t kToSocketAt = 16;
constexpr std::size_t kFromNodeAt = 22;
constexpr std::size_t kFromSocketAt = 28;
constexpr std::size_t kEchoAt = 30;

}  // namespace

TEST_CASE("ipx: a request has the bytes of the specification", "[codec][unit]") {
  const Bytes echo = request(question(Framing::ethernet2, kIpxEchoSocket, kServer, 0x1A2B));
  CHECK(echo ==
        bytes({0xFF, 0xFF, 0,    37, 0, 2, 0, 0, 0x1A, 0x2B, 2,    0, 0, 0,   0,   1,   0,   2,  0,
               0,    0x1A, 0x2B, 2,  0, 0, 0, 0, 2,    0x45, 0x67, 0, 1, 'h', 'e', 'l', 'l', 'o'}));
  const Bytes ping = request(question(Framing::ethernet2, kIpxPingSocket));
  CHECK(Bytes(ping.begin() + 30, ping.end()) ==
        bytes({'P', 'i', 'n', 'g', 1, 0, 1, 2, 0, 0, 'h', 'e', 'l', 'l', 'o'}));
  CHECK(ping[kTypeAt] == std::byte{0});
  CHECK(ping[3] == std::byte{45});
}

TEST_CASE("ipx: each framing is known by the kernel's number and what is in front",
          "[codec][unit]") {
  const auto front = [](Framing framing) {
    const Bytes frame = request(question(framing));
    return Bytes(frame.begin(), frame.begin() + 9);
  };
  CHECK(front(Framing::ethernet2) == bytes({0xFF, 0xFF, 0, 37, 0, 2, 0, 0, 0}));
  CHECK(front(Framing::raw) == front(Framing::ethernet2));
  CHECK(front(Framing::llc) == bytes({0xE0, 0xE0, 3, 0xFF, 0xFF, 0, 37, 0, 2}));
  CHECK(front(Framing::snap) == bytes({0xAA, 0xAA, 3, 0, 0, 0, 0x81, 0x37, 0xFF}));
  CHECK(framing_of(0x8137, front(Framing::ethernet2)) == Framing::ethernet2);
  CHECK(framing_of(1, front(Framing::raw)) == Framing::raw);
  CHECK(framing_of(4, front(Framing::llc)) == Framing::llc);
  CHECK(framing_of(4, front(Framing::snap)) == Framing::snap);
  CHECK(framing_of(4, front(Framing::raw)) == std::nullopt);
  CHECK(framing_of(0x0800, front(Framing::raw)) == std::nullopt);
  CHECK(framing_of(4, bytes({0xE0, 0xE0})) == std::nullopt);
}

TEST_CASE("ipx: a request becomes its answer, whatever carries it", "[codec][unit]") {
  const auto framing = GENERATE(Framing::ethernet2, Framing::raw, Framing::llc, Framing::snap);
  const auto socket = GENERATE(kIpxEchoSocket, kIpxPingSocket);
  const IpxQuestion asked = question(framing, socket, kServer, 7);
  const Bytes frame = request(asked);
  const IpxDecision decision = judge(frame, framing);
  REQUIRE(decision.verdict == IpxVerdict::answer);
  CHECK(decision.framing == framing);
  CHECK(decision.from == asked.from);
  CHECK(decision.head_bytes == ipx_head_bytes(framing, socket));
  CHECK(decision.data_bytes == kData.size());
  CHECK(read_ipx_answer(frame, asked) == std::nullopt);  // Nobody has answered it.

  const Bytes back = answer(asked);
  const auto read = read_ipx_answer(back, asked);
  REQUIRE(read);
  CHECK(read->from == asked.to);
  CHECK(read->data_bytes == kData.size());
  CHECK(read->number ==
        (socket == kIpxPingSocket ? std::optional<std::uint16_t>{0x0102} : std::nullopt));
  CHECK(judge(back, framing).verdict == IpxVerdict::own);
  for (std::size_t size = 0; size < decision.head_bytes; ++size) {
    CAPTURE(size);
    CHECK(read_ipx_answer(std::span{back}.first(size), asked) == std::nullopt);
    CHECK(judge({frame.begin(), frame.begin() + static_cast<std::ptrdiff_t>(size)}, framing)
              .verdict == IpxVerdict::malformed);
  }
}

TEST_CASE("ipx: a broadcast is answered by the server's own node and to the asker",
          "[codec][unit]") {
  const IpxQuestion asked = question(Framing::ethernet2, kIpxEchoSocket, kIpxBroadcast);
  CHECK(judge(request(asked)).verdict == IpxVerdict::answer);
  const auto read = read_ipx_answer(answer(asked), asked);
  REQUIRE(read);
  CHECK(read->from.node == kServer);
}

TEST_CASE("ipx: what is cut, lies or is unknown is malformed", "[codec][unit]") {
  CHECK(changed(kControlAt, {0}) == IpxVerdict::answer);
  CHECK(changed(0, {0, 0}) == IpxVerdict::malformed);  // A checksum.
  CHECK(changed(2, {0, 36}) == IpxVerdict::answer);    // The last byte is padding.
  CHECK(changed(2, {0, 38}) == IpxVerdict::malformed);
  CHECK(changed(2, {0, 31}) == IpxVerdict::malformed);
  CHECK(changed(2, {0, 29}) == IpxVerdict::malformed);
  CHECK(changed(2, {0xFF, 0xFF}) == IpxVerdict::malformed);
  CHECK(changed(kTypeAt, {4}) == IpxVerdict::malformed);
  CHECK(changed(kToSocketAt, {4, 0x52}) == IpxVerdict::malformed);
  CHECK(changed(kEchoAt, {0, 3}) == IpxVerdict::malformed);
  CHECK(changed(kEchoAt, {1, 0}) == IpxVerdict::malformed);
  CHECK(changed(kTypeAt, {4}, kIpxPingSocket) == IpxVerdict::answer);
  CHECK(changed(kTypeAt, {2}, kIpxPingSocket) == IpxVerdict::malformed);
  CHECK(changed(kEchoAt, {'p'}, kIpxPingSocket) == IpxVerdict::malformed);
  CHECK(changed(kEchoAt + 4, {2}, kIpxPingSocket) == IpxVerdict::malformed);
  CHECK(changed(kEchoAt + 5, {2}, kIpxPingSocket) == IpxVerdict::malformed);
}

TEST_CASE("ipx: no answer goes to many, to the server, or to who answers", "[codec][unit]") {
  CHECK(changed(kFromNodeAt, {0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF}) == IpxVerdict::group);
  CHECK(changed(kFromNodeAt, {0x03}) == IpxVerdict::group);
  CHECK(changed(kFromNodeAt, {2, 0, 0, 0, 0, 1}) == IpxVerdict::own);
  CHECK(changed(kEchoAt, {0, 2}) == IpxVerdict::reply);
  CHECK(changed(kEchoAt + 5, {1}, kIpxPingSocket) == IpxVerdict::reply);
  CHECK(changed(kControlAt, {15}) == IpxVerdict::answer);
  CHECK(changed(kControlAt, {16}) == IpxVerdict::hops);
  CHECK(changed(kControlAt, {255}) == IpxVerdict::hops);
  const Bytes frame = request(question());
  const auto from = [&](const MacAddress& mac) {
    return judge_ipx(frame, {.from = mac, .self = kServer, .net = 0, .protocol = kIpxEthertype})
        .verdict;
  };
  CHECK(from(kOther) == IpxVerdict::answer);  // A router's.
  CHECK(from(kGroup) == IpxVerdict::group);
  CHECK(from(kServer) == IpxVerdict::own);
}

TEST_CASE("ipx: a server answers for its own net, for net 0, and for any if it has none",
          "[codec][unit]") {
  const auto asked_at = [](std::uint32_t asked, std::uint32_t own) {
    const Bytes frame = request(question(Framing::ethernet2, kIpxEchoSocket, kServer, asked));
    return judge(frame, Framing::ethernet2, own).verdict;
  };
  CHECK(asked_at(0, 7) == IpxVerdict::answer);
  CHECK(asked_at(7, 7) == IpxVerdict::answer);
  CHECK(asked_at(7, 0) == IpxVerdict::answer);
  CHECK(asked_at(8, 7) == IpxVerdict::elsewhere);
  CHECK(changed(kToNodeAt, {2, 0, 0, 0, 0, 9}) == IpxVerdict::elsewhere);
  CHECK(changed(kToNodeAt, {3, 0, 0, 0, 0, 1}) == IpxVerdict::elsewhere);
}

TEST_CASE("ipx: only an answer to the own question is one", "[codec][unit]") {
  const IpxQuestion asked = question();
  const auto read = [&](std::size_t at, std::initializer_list<unsigned> values) {
    Bytes frame = answer(asked);
    std::ranges::copy(bytes(values), frame.begin() + static_cast<std::ptrdiff_t>(at));
    return read_ipx_answer(frame, asked);
  };
  CHECK(read(kControlAt, {3}));         // Routers were on the way.
  CHECK(read(18, {0, 0, 0x1A, 0x2B}));  // The net by its number.
  CHECK(read(0, {0, 0}) == std::nullopt);
  CHECK(read(2, {0, 31}) == std::nullopt);
  CHECK(read(kToNodeAt, {4}) == std::nullopt);
  CHECK(read(kToSocketAt, {0x45, 0x68}) == std::nullopt);
  CHECK(read(kFromNodeAt, {4}) == std::nullopt);
  CHECK(read(kFromSocketAt, {0x90, 0x86}) == std::nullopt);
  CHECK(read(kEchoAt, {0, 1}) == std::nullopt);
  const IpxQuestion all = question(Framing::ethernet2, kIpxEchoSocket, kIpxBroadcast);
  Bytes frame = answer(all);
  CHECK(read_ipx_answer(frame, all));
  frame[kFromNodeAt] = std::byte{3};
  CHECK(read_ipx_answer(frame, all) == std::nullopt);
}

TEST_CASE("ipx: a length counts neither padding nor what is in front", "[codec][unit]") {
  CHECK(ipx_padding(4) == 0);
  CHECK(ipx_padding(5) == 1);
  Bytes frame = request(question(Framing::snap, kIpxPingSocket));
  const auto head = std::span{frame}.first(ipx_head_bytes(Framing::snap, kIpxPingSocket));
  CHECK(head.size() == kIpxMostHeadBytes);
  set_ipx_data_bytes(head, Framing::snap, 0x0101);
  CHECK(frame[8 + 2] == std::byte{1});
  CHECK(frame[8 + 3] == std::byte{0x01 + 40});
}
