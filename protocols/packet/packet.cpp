#include "protocols/packet/packet.hpp"

#include <algorithm>
#include <array>
#include <memory>

#include "core/codec/big_endian.hpp"
#include "core/codec/ctp.hpp"
#include "protocols/grammar/link_rest.hpp"
#include "protocols/link/complete_link.hpp"
#include "protocols/link/interface.hpp"
#include "protocols/link/link_filter.hpp"
#include "protocols/link/link_socket.hpp"
#include "protocols/link/served_link.hpp"
#include "protocols/packet/packet_client.hpp"
#include "protocols/packet/packet_server.hpp"

namespace netecho {
namespace {

constexpr std::array<Scheme, 1> kSchemes{{{kPacketKind.scheme, AddressFamily::packet}}};
constexpr SocketOptionSet kOptions = kOptionReceiveBuffer | kOptionSendBuffer | kOptionMark;
/// What the largest interface there can be carries behind a receipt number.
constexpr std::size_t kMaxMessageBytes = 65'535 - kCtpProbeHeadBytes;

std::string parse_packet(std::string_view rest, const RestContext& context) {
  return format_link_rest(parse_link_rest(rest, context));
}

SocketDescription describe_packet(const Endpoint& endpoint) {
  const LinkRest rest = split_link_rest(endpoint.rest);
  return describe_station(kPacketKind, AddressFamily::packet, rest.interface, rest.mac);
}

std::size_t largest_message(const Endpoint& endpoint, const SocketOptions& /*options*/) {
  const auto mtu = mtu_of(split_link_rest(endpoint.rest).interface);
  if (!mtu) return kMaxMessageBytes;  // That there is none is told where it is opened.
  return std::min(*mtu, kMaxMessageBytes + kCtpProbeHeadBytes) - std::min(*mtu, kCtpProbeHeadBytes);
}

bool asks_many(const Endpoint& endpoint) {
  return split_link_rest(endpoint.rest).is_for_many();
}

LinkSocketOptions socket_of(const LinkFilter& filter, const SocketOptions& socket,
                            std::string_view subject) {
  return {.ethertype = kCtpEthertype,
          .filter = filter,
          .socket = socket,
          .honoured = kOptions,
          .subject = subject};
}

Served serve_one(const Endpoint& endpoint, const ServeOptions& options,
                 const std::shared_ptr<ServedLink>& link) {
  const std::string name = split_link_rest(endpoint.rest).interface;
  const Interface interface = find_interface(name, "bind", endpoint.typed);
  // The filter is locked: what it requires stays, whatever the socket is bound to.
  LinkFilter filter;
  filter.require_one_of({{.protocol = kCtpEthertype}});
  UniqueFd fd = link->bind(interface, kPacketKind,
                           socket_of(filter, options.socket, endpoint.typed), kCtpAssistance);
  Served served{.socket = std::unique_ptr<MessagePort>{},
                .endpoint = describe_station(kPacketKind, AddressFamily::packet, name, {}),
                .kind = kPacketKind,
                .wire_format = kForwardedFrames,
                .interface = name,
                .bind_again = [=] { return serve_one(endpoint, options, link); }};
  served.endpoint.address = to_string(interface.mac);
  served.socket = std::make_unique<PacketServer>(
      std::move(fd), PacketServer::Config{.interface = interface,
                                          .kind = kPacketKind,
                                          .hops = options.ctp_hops,
                                          .hold = {link, &link->hold()}});
  return served;
}

std::vector<Served> serve_packet(const Endpoint& endpoint, const ServeOptions& options) {
  std::vector<Served> out;
  out.push_back(serve_one(endpoint, options, std::make_shared<ServedLink>()));
  return out;
}

/// Lets through what begins as an answer to a probe of `self`; all else is for others.
LinkFilter answers_to(const MacAddress& self) {
  std::array<std::byte, kCtpProbeHeadBytes> head{};
  write_ctp_probe(head, self, 0);
  advance_ctp(head);
  LinkFilter out;
  // The last two bytes are the receipt number.
  for (std::uint32_t offset = 0; offset + 2 < head.size(); offset += 2) {
    out.require_16(offset, load_big_endian<std::uint16_t>(&head[offset]));
  }
  return out;
}

Connection connect_packet(const Endpoint& endpoint, const ConnectOptions& options) {
  const LinkRest rest = split_link_rest(endpoint.rest);
  const Interface interface = find_interface(rest.interface, "connect", endpoint.typed);
  const LinkFilter filter = answers_to(interface.mac);
  UniqueFd fd = open_link_socket(interface, socket_of(filter, options.socket, endpoint.typed));
  return connection_over(std::make_unique<PacketClient>(
      std::move(fd),
      PacketClient::Config{
          .interface = interface, .kind = kPacketKind, .to = rest.mac.value_or(kCtpAssistance)}));
}

std::vector<std::string> complete_mac(std::string_view rest) {
  const std::size_t slash = rest.find('/');
  if (slash == std::string_view::npos) return {};
  return complete_station(rest, slash + 1, to_string);
}

}  // namespace

Backend packet_backend() noexcept {
  return {
      .kind = kPacketKind,
      .schemes = kSchemes,
      .summary = "Ethernet frames (Configuration Testing Protocol): INTERFACE[/MAC]",
      .example = "packet://eth0",
      .wire_format = kForwardedFrames,
      .capabilities = {.boundaries = true,
                       .kernel_stamps = true,
                       .unchanged = true,
                       .max_message_bytes = kMaxMessageBytes,
                       .client_options = kOptions,
                       .serve_options = kOptions,
                       .source_controls = kSourceRates | kSourceHops},
      .parse_rest = parse_packet,
      .describe = describe_packet,
      .connect = connect_packet,
      .connect_port = nullptr,
      .serve = serve_packet,
      .loopback = nullptr,
      .complete = complete_interface,
      .complete_peer = complete_mac,
      .largest_message = largest_message,
      .asks_many = asks_many,
  };
}

}  // namespace netecho
