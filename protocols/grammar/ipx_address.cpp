#include "protocols/grammar/ipx_address.hpp"

#include <charconv>

namespace netecho {
namespace {

using std::string;
using std::string_view;

constexpr std::size_t kNetDigits = 8;
constexpr std::size_t kNodeDigits = 2 * kMacBytes;
constexpr std::size_t kSocketDigits = 4;

/// Reads 1 to `most` hex digits and nothing else.
template <typename Number>
std::optional<Number> parse_hex(string_view text, std::size_t most) {
  Number out = 0;
  if (text.empty() || text.size() > most) return std::nullopt;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out, 16);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return out;
}

template <typename Number>
string format_hex(Number number, std::size_t digits) {
  string out(digits, '0');
  for (std::size_t i = digits; i > 0; --i, number = static_cast<Number>(number >> 4U)) {
    out[i - 1] = "0123456789abcdef"[number & 0xFU];
  }
  return out;
}

std::optional<MacAddress> parse_node(string_view text) {
  if (text.find('-') != string_view::npos) return parse_mac(text);
  const auto number =
      text.size() == kNodeDigits ? parse_hex<std::uint64_t>(text, kNodeDigits) : std::nullopt;
  if (!number) return std::nullopt;
  MacAddress out;
  for (std::size_t i = 0; i < kMacBytes; ++i) {
    out.bytes[i] = static_cast<std::uint8_t>(*number >> (8 * (kMacBytes - 1 - i)));
  }
  return out;
}

/// Reads a node as other programs write it, too: `0200.c0a8.0001`, `02:00:c0:a8:00:01`.
std::optional<MacAddress> guess_node(string_view text) {
  const auto node = parse_node(without_0x(text));
  return node ? node : parse_mac(text);
}

}  // namespace

std::optional<std::uint32_t> parse_ipx_net(string_view text) {
  return parse_hex<std::uint32_t>(text, kNetDigits);
}

std::optional<std::uint16_t> parse_ipx_socket(string_view text) {
  return parse_hex<std::uint16_t>(text, kSocketDigits);
}

std::optional<IpxNode> parse_ipx_address(string_view text) {
  const std::size_t dot = text.find('.');
  const auto net = dot == string_view::npos ? std::optional<std::uint32_t>{0}
                                            : parse_ipx_net(text.substr(0, dot));
  const auto node = parse_node(dot == string_view::npos ? text : text.substr(dot + 1));
  return net && node ? std::optional{IpxNode{*net, *node}} : std::nullopt;
}

string_view without_0x(string_view text) noexcept {
  return text.starts_with("0x") || text.starts_with("0X") ? text.substr(2) : text;
}

std::optional<IpxNode> guess_ipx_address(string_view text) {
  if (const auto node = guess_node(text)) return IpxNode{0, *node};
  const std::size_t dot = text.find('.');
  if (dot == string_view::npos) return std::nullopt;
  const auto net = parse_ipx_net(without_0x(text.substr(0, dot)));
  const auto node = guess_node(text.substr(dot + 1));
  return net && node ? std::optional{IpxNode{*net, *node}} : std::nullopt;
}

string format_ipx_net(std::uint32_t net) {
  return format_hex(net, kNetDigits);
}

string format_ipx_node(const MacAddress& node) {
  return format_hex(node.number(), kNodeDigits);
}

string format_ipx_socket(std::uint16_t socket) {
  return format_hex(socket, kSocketDigits);
}

string format_ipx_address(const IpxNode& address) {
  return format_ipx_net(address.net) + "." + format_ipx_node(address.node);
}

}  // namespace netecho
