#include "protocols/ipx/ipx_filters.hpp"

#include <array>

#include "core/codec/big_endian.hpp"

namespace netecho {
namespace {

// Places in the header.
constexpr std::uint32_t kTo = 6;
constexpr std::uint32_t kFrom = 18;
constexpr std::uint32_t kNode = 4;     // In an address.
constexpr std::uint32_t kSocket = 10;  // The same.

LinkFilter::Pattern request_in(Framing framing, std::uint16_t socket) {
  const auto link = link_head(framing);
  LinkFilter::Pattern out{.protocol = link_protocol(framing)};
  std::uint32_t at = 0;
  for (; at + 2 <= link.size(); at += 2) {
    out.matches.push_back({.offset = at, .value = load_big_endian<std::uint16_t>(&link[at])});
  }
  if (at < link.size()) {
    const auto last = std::to_integer<std::uint16_t>(link[at]);
    out.matches.push_back({.offset = at, .value = last, .bytes = 1});
  }
  const auto packet = static_cast<std::uint32_t>(link.size());
  out.matches.push_back({.offset = packet + kTo + kSocket, .value = socket});
  return out;
}

}  // namespace

LinkFilter echo_requests() {
  std::vector<LinkFilter::Pattern> patterns;
  for (const Framing framing : {Framing::ethernet2, Framing::raw, Framing::llc, Framing::snap}) {
    for (const std::uint16_t socket : {kIpxEchoSocket, kIpxPingSocket}) {
      patterns.push_back(request_in(framing, socket));
    }
  }
  LinkFilter out;
  out.require_one_of(patterns);
  return out;
}

LinkFilter answers_to(const IpxQuestion& question) {
  std::array<std::byte, kIpxMostHeadBytes> head{};
  write_ipx_request(head, question, 0, 0);
  // What a request begins with, link and checksum, an answer begins with, too.
  const auto packet = static_cast<std::uint32_t>(link_head(question.framing).size());
  LinkFilter out;
  for (std::uint32_t at = 0; at < packet + 1; at += 2)
    out.require_16(at, load_big_endian<std::uint16_t>(&head[at]));
  const auto require_same = [&](std::uint32_t place, std::uint32_t from, std::uint32_t bytes) {
    for (std::uint32_t at = 0; at < bytes; at += 2) {
      out.require_16(packet + place + at,
                     load_big_endian<std::uint16_t>(&head[packet + from + at]));
    }
  };
  require_same(kTo + kNode, kFrom + kNode, kMacBytes + 2);  // Node and socket.
  require_same(kFrom + kSocket, kTo + kSocket, 2);
  if (!question.to.node.is_group()) require_same(kFrom + kNode, kTo + kNode, kMacBytes);
  return out;
}

}  // namespace netecho
