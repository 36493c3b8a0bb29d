#include "protocols/ipx/ipx.hpp"

#include <linux/if_ether.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <memory>

#include "core/base/random.hpp"
#include "core/codec/ipx.hpp"
#include "protocols/grammar/ipx_address.hpp"
#include "protocols/grammar/ipx_rest.hpp"
#include "protocols/ipx/describe_ipx.hpp"
#include "protocols/ipx/ipx_client.hpp"
#include "protocols/ipx/ipx_filters.hpp"
#include "protocols/ipx/ipx_server.hpp"
#include "protocols/link/complete_link.hpp"
#include "protocols/link/interface.hpp"
#include "protocols/link/link_socket.hpp"
#include "protocols/link/served_link.hpp"

namespace netecho {
namespace {

static_assert(kIpxSockets[0] == kIpxEchoSocket && kIpxSockets[1] == kIpxPingSocket);
static_assert(kIpxEthertype == ETH_P_IPX && kLengthThenOnes == ETH_P_802_3 &&
              kLengthThenLlc == ETH_P_802_2);

constexpr std::array<Scheme, 1> kSchemes{{{kIpxKind.scheme, AddressFamily::ipx}}};
constexpr SocketOptionSet kServeOptions = kOptionReceiveBuffer | kOptionSendBuffer | kOptionMark;
constexpr SocketOptionSet kClientOptions = kServeOptions | kOptionFraming;
/// A length has 16 bits, and a packet is even.
constexpr std::size_t kMostPacketBytes = 65'534;
constexpr std::size_t kMaxMessageBytes = kMostPacketBytes - kIpxHeaderBytes - kIpxEchoBytes;

std::string parse_ipx(std::string_view rest, const RestContext& context) {
  return format_ipx_rest(parse_ipx_rest(rest, context));
}

/// Whom a client asks: all nodes, where none is named.
IpxAddress target_of(const IpxRest& rest) {
  return {.net = rest.net, .node = rest.node.value_or(kIpxBroadcast), .socket = rest.socket};
}

SocketDescription describe_endpoint(const Endpoint& endpoint) {
  const IpxRest rest = split_ipx_rest(endpoint.rest);
  SocketDescription out = describe_ipx(kIpxKind, rest.interface,
                                       rest.node ? std::optional{target_of(rest)} : std::nullopt);
  out.uri = endpoint.uri();
  return out;
}

std::size_t largest_message(const Endpoint& endpoint, const SocketOptions& options) {
  const IpxRest rest = split_ipx_rest(endpoint.rest);
  const Framing framing = options.framing.value_or(Framing::ethernet2);
  const std::size_t link = link_head(framing).size();
  // That there is no such interface is told where it is opened.
  std::size_t room = mtu_of(rest.interface).value_or(kMostPacketBytes + link);
  if (framing != Framing::ethernet2) room = std::min(room, kMostBehindLength);
  const std::size_t packet = std::min(room - std::min(room, link), kMostPacketBytes) / 2 * 2;
  const std::size_t head = ipx_head_bytes(framing, rest.socket) - link;
  return packet - std::min(packet, head);
}

bool asks_many(const Endpoint& endpoint) {
  return split_ipx_rest(endpoint.rest).is_for_many();
}

std::string_view wire_format(const Endpoint& endpoint) {
  return is_ipx_ping(split_ipx_rest(endpoint.rest).socket) ? kNumberedFrames : kFrames;
}

Served serve_one(const Endpoint& endpoint, const ServeOptions& options,
                 const std::shared_ptr<ServedLink>& link) {
  const IpxRest rest = split_ipx_rest(endpoint.rest);
  const Interface interface = find_interface(rest.interface, "bind", endpoint.typed);
  const LinkFilter filter = echo_requests();
  UniqueFd fd = link->bind(interface, kIpxKind,
                           {.ethertype = ETH_P_ALL,
                            .filter = filter,
                            .socket = options.socket,
                            .honoured = kServeOptions,
                            .subject = endpoint.typed});
  Served served{.socket = std::unique_ptr<MessagePort>{},
                .endpoint = describe_endpoint(endpoint),
                .kind = kIpxKind,
                .interface = rest.interface,
                .bind_again = [=] { return serve_one(endpoint, options, link); }};
  served.endpoint.address = format_ipx_address({rest.net, interface.mac});
  served.endpoint.port = kIpxEchoSocket;  // The usual one: it answers at that of pings, too.
  served.socket =
      std::make_unique<IpxServer>(std::move(fd), IpxServer::Config{.interface = interface,
                                                                   .kind = kIpxKind,
                                                                   .net = rest.net,
                                                                   .hold = {link, &link->hold()}});
  return served;
}

std::vector<Served> serve_ipx(const Endpoint& endpoint, const ServeOptions& options) {
  std::vector<Served> out;
  out.push_back(serve_one(endpoint, options, std::make_shared<ServedLink>()));
  return out;
}

/// Returns one of those sockets that are for whoever wants one (0x4000 to 0x7FFF), by which the
/// clients of an interface are told apart. Those of NetWare take the lowest. A process begins
/// anywhere and counts, as of a few hundred at random two would be the same.
std::uint16_t any_socket() {
  constexpr std::uint64_t kFirst = 0x5000;
  constexpr std::uint64_t kCount = 0x8000 - kFirst;
  static std::atomic<std::uint64_t> next{random_u64() % kCount};
  return static_cast<std::uint16_t>(kFirst + next++ % kCount);
}

Connection connect_ipx(const Endpoint& endpoint, const ConnectOptions& options) {
  const IpxRest rest = split_ipx_rest(endpoint.rest);
  const Interface interface = find_interface(rest.interface, "connect", endpoint.typed);
  const IpxQuestion question{
      .framing = options.socket.framing.value_or(Framing::ethernet2),
      .to = target_of(rest),
      .from = {.net = rest.net, .node = interface.mac, .socket = any_socket()}};
  const LinkFilter filter = answers_to(question);
  UniqueFd fd = open_link_socket(interface, {.ethertype = link_protocol(question.framing),
                                             .filter = filter,
                                             .socket = options.socket,
                                             .honoured = kClientOptions,
                                             .subject = endpoint.typed});
  return connection_over(std::make_unique<IpxClient>(
      std::move(fd),
      IpxClient::Config{.interface = interface, .kind = kIpxKind, .question = question}));
}

/// Offers the nodes that the kernel knows, behind the net that is typed.
std::vector<std::string> complete_node(std::string_view rest) {
  const std::size_t slash = rest.find('/');
  if (slash == std::string_view::npos) return {};
  const std::size_t dot = rest.find('.', slash);
  if (dot == std::string_view::npos) return complete_station(rest, slash + 1, format_ipx_node);
  if (!parse_ipx_net(rest.substr(slash + 1, dot - slash - 1))) return {};
  return complete_station(rest, dot + 1, format_ipx_node);
}

}  // namespace

Backend ipx_backend() noexcept {
  return {
      .kind = kIpxKind,
      .schemes = kSchemes,
      .summary = "Novell's IPX (echoes of Cisco and NLSP): INTERFACE[/[NET.]NODE[:SOCKET]]",
      .example = "ipx://eth0",
      .capabilities = {.boundaries = true,
                       .kernel_stamps = true,
                       .max_message_bytes = kMaxMessageBytes,
                       .client_options = kClientOptions,
                       .serve_options = kServeOptions,
                       .source_controls = kSourceRates},
      .parse_rest = parse_ipx,
      .describe = describe_endpoint,
      .connect = connect_ipx,
      .connect_port = nullptr,
      .serve = serve_ipx,
      .loopback = nullptr,
      .complete = complete_interface,
      .complete_peer = complete_node,
      .largest_message = largest_message,
      .asks_many = asks_many,
      .wire_format_of = wire_format,
  };
}

}  // namespace netecho
