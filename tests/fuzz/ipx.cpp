// What a server makes of a packet of IPX: one answer at most, of the same size, to one station that
// is not itself, and never to an answer.

#include <array>

#include "core/codec/ipx.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace netecho::fuzz {
namespace {

constexpr MacAddress kSelf{{0x02, 0, 0, 0, 0, 0x01}};
constexpr MacAddress kFrom{{0x02, 0, 0, 0, 0, 0x02}};
constexpr std::array kFramings{Framing::ethernet2, Framing::raw, Framing::llc, Framing::snap};

void serve(std::span<const std::byte> frame, const IpxArrival& arrival) {
  const IpxDecision decision = judge_ipx(frame, arrival);
  if (decision.verdict != IpxVerdict::answer) return;
  require(framing_of(arrival.protocol, frame) == decision.framing, "the framing is the frame's");
  require(decision.head_bytes <= kIpxMostHeadBytes, "a head has room");
  require(decision.head_bytes + decision.data_bytes <= frame.size(), "the data is in the frame");
  require(decision.from && !decision.from->node.is_group(), "nothing is sent to many");
  require(!(decision.from->node == arrival.self), "nothing is sent to the server itself");
  std::vector<std::byte> answer = copy_of(frame);
  const auto head = std::span{answer}.first(decision.head_bytes);
  answer_ipx(head, decision.framing, arrival.self);
  set_ipx_data_bytes(head, decision.framing, decision.data_bytes);
  const IpxDecision again = judge_ipx(
      answer,
      {.from = arrival.self, .self = decision.from->node, .net = 0, .protocol = arrival.protocol});
  require(again.verdict != IpxVerdict::answer, "an answer gets none");
  require(std::ranges::equal(frame.subspan(decision.head_bytes),
                             std::span{answer}.subspan(decision.head_bytes)),
          "all behind the head is left alone");
}

void ask(std::span<const std::byte> frame, const IpxQuestion& question) {
  const auto read = read_ipx_answer(frame, question);
  if (!read) return;
  require(!read->from.node.is_group(), "no group answers");
  require(question.to.node.is_group() || read->from.node == question.to.node,
          "who was asked answers");
  require(read->number.has_value() == is_ipx_ping(question.to.socket), "a ping has a number");
}

}  // namespace

void fuzz_one(std::span<const std::byte> input) {
  Input in{input};
  const unsigned how = in.byte();
  const Framing framing = kFramings[how % kFramings.size()];
  const std::uint16_t socket = (how & 4U) != 0 ? kIpxPingSocket : kIpxEchoSocket;
  const std::uint32_t net = (how & 8U) != 0 ? 7 : 0;
  const std::span<const std::byte> frame = in.rest();
  serve(frame, {.from = kFrom, .self = kSelf, .net = net, .protocol = link_protocol(framing)});
  ask(frame,
      {.framing = framing,
       .to = {.net = net, .node = (how & 16U) != 0 ? kIpxBroadcast : kSelf, .socket = socket},
       .from = {.net = net, .node = kFrom, .socket = 0x4000}});
}

}  // namespace netecho::fuzz
