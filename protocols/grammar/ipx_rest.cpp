#include "protocols/grammar/ipx_rest.hpp"

#include <algorithm>

#include "protocols/grammar/hints.hpp"
#include "protocols/grammar/interface_name.hpp"
#include "protocols/grammar/ipx_address.hpp"

namespace netecho {
namespace {

using std::string;
using std::string_view;

constexpr MacAddress kAllNodes{{0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF}};

bool is_echo(std::uint16_t socket) noexcept {
  return std::ranges::find(kIpxSockets, socket) != std::ranges::end(kIpxSockets);
}

/// Reads an address and the socket behind it, if there is one.
std::optional<IpxRest> guess(string_view interface, string_view text) {
  IpxRest out{.interface = string{interface}};
  auto address = guess_ipx_address(text);
  if (const std::size_t colon = text.rfind(':'); !address && colon != string_view::npos) {
    address = guess_ipx_address(text.substr(0, colon));
    const auto socket = parse_ipx_socket(without_0x(text.substr(colon + 1)));
    if (socket && is_echo(*socket)) out.socket = *socket;
  }
  if (!address) return std::nullopt;
  out.net = address->net;
  out.node = address->node;
  return out;
}

class IpxParser {
 public:
  IpxParser(string_view rest, const RestContext& context)
      : rest_{rest}, context_{context}, prefix_{hint_prefix(context.scheme.text, context.typed)} {}

  [[nodiscard]] IpxRest parse() const {
    const std::size_t slash = rest_.find('/');
    const string_view name = rest_.substr(0, slash);
    check_interface(name);
    IpxRest out{.interface = string{name}};
    if (slash == string_view::npos) return out;
    const string_view behind = rest_.substr(slash + 1);
    if (behind.empty()) reject("the address behind '/' is empty", out);
    context_.role == Role::serve ? read_net(behind, out) : read_station(behind, out);
    return out;
  }

 private:
  [[noreturn]] void reject(string reason, const std::optional<IpxRest>& hint = {}) const {
    reject_endpoint(context_.typed, std::move(reason),
                    hint ? prefix_ + format_ipx_rest(as_wanted(*hint)) : string{});
  }

  /// A server names no node, whatever was typed.
  [[nodiscard]] IpxRest as_wanted(IpxRest hint) const {
    if (context_.role == Role::serve) return {.interface = hint.interface, .net = hint.net};
    return hint;
  }

  void check_interface(string_view name) const {
    string reason = why_no_interface(name);
    const std::size_t colon = name.find(':');
    const string_view clean = name.substr(0, colon);
    if (const auto alone = address_without_interface(name, clean)) {
      reject("the interface is missing", alone);
    }
    if (reason.empty()) return;
    if (name.empty()) reject(std::move(reason), IpxRest{.interface = string{kSomeInterface}});
    if (colon == string_view::npos || !why_no_interface(clean).empty()) reject(std::move(reason));
    if (const auto meant = guess(clean, rest_.substr(colon + 1))) {
      reject("a '/' stands between the interface and the address", meant);
    }
    reject(std::move(reason), IpxRest{.interface = string{clean}});
  }

  /// `NET.NODE` can be the name of an interface, but hardly is one.
  [[nodiscard]] std::optional<IpxRest> address_without_interface(string_view name,
                                                                 string_view clean) const {
    if (name.empty() && !rest_.empty()) return guess(kSomeInterface, rest_.substr(1));
    const bool may_be = clean.find('.') != string_view::npos || !why_no_interface(name).empty();
    if (!may_be) return std::nullopt;
    const auto whole = guess(kSomeInterface, name);
    return whole || clean.find('.') == string_view::npos ? whole : guess(kSomeInterface, clean);
  }

  void read_net(string_view text, IpxRest& out) const {
    if (const auto net = parse_ipx_net(text)) {
      out.net = *net;
      return;
    }
    if (const auto meant = guess(out.interface, text)) {
      reject("serve answers at the node that the interface is: name its net at most", meant);
    }
    const auto net = parse_ipx_net(without_0x(text));
    if (net) out.net = *net;
    reject("'" + string{text} + "' is no net: 1 to 8 hex digits",
           net ? std::optional{out} : std::nullopt);
  }

  void read_station(string_view text, IpxRest& out) const {
    const std::size_t colon = text.find(':');
    const auto address = parse_ipx_address(text.substr(0, colon));
    if (!address) reject_address(text, out);
    out.net = address->net;
    out.node = address->node;
    if (colon == string_view::npos) return;
    const string_view typed = text.substr(colon + 1);
    if (typed.empty()) reject("the socket behind ':' is empty", out);
    const auto socket = parse_ipx_socket(typed);
    if (!socket) reject_socket(typed, out);
    if (!is_echo(*socket)) {
      reject("no echo is at socket '" + string{typed} +
                 "', but at 0002 (XNS, Cisco) and 9086 (NLSP, Novell)",
             out);
    }
    out.socket = *socket;
  }

  [[noreturn]] void reject_address(string_view text, const IpxRest& out) const {
    if (const auto net = parse_ipx_net(text)) {
      reject("'" + string{text} + "' is a net, without a node; ffffffffffff asks all nodes",
             IpxRest{.interface = out.interface, .net = *net, .node = kAllNodes});
    }
    reject("'" + string{text} +
               "' is no IPX address: [NET.]NODE[:SOCKET], where a node is 12 hex digits or six "
               "pairs with '-', a net 1 to 8",
           guess(out.interface, text));
  }

  [[noreturn]] void reject_socket(string_view typed, IpxRest out) const {
    const auto meant = parse_ipx_socket(without_0x(typed));
    if (meant && is_echo(*meant)) out.socket = *meant;
    reject("'" + string{typed} + "' is no socket: 1 to 4 hex digits", out);
  }

  string_view rest_;
  const RestContext& context_;
  string prefix_;
};

}  // namespace

IpxRest parse_ipx_rest(string_view rest, const RestContext& context) {
  return IpxParser{rest, context}.parse();
}

string format_ipx_rest(const IpxRest& rest) {
  if (rest.node) {
    return rest.interface + "/" + format_ipx_address({rest.net, *rest.node}) + ":" +
           format_ipx_socket(rest.socket);
  }
  return rest.net == 0 ? rest.interface : rest.interface + "/" + format_ipx_net(rest.net);
}

IpxRest split_ipx_rest(string_view rest) {
  const std::size_t slash = rest.find('/');
  IpxRest out{.interface = string{rest.substr(0, slash)}};
  if (slash == string_view::npos) return out;
  const string_view behind = rest.substr(slash + 1);
  const std::size_t colon = behind.find(':');
  if (colon == string_view::npos) {
    out.net = parse_ipx_net(behind).value_or(0);
    return out;
  }
  const auto address = parse_ipx_address(behind.substr(0, colon)).value_or(IpxNode{});
  out.net = address.net;
  out.node = address.node;
  out.socket = parse_ipx_socket(behind.substr(colon + 1)).value_or(kIpxSockets[0]);
  return out;
}

}  // namespace netecho
