#include "protocols/registry.hpp"

#include <algorithm>
#include <array>

#include "core/base/error.hpp"
#include "protocols/grammar/hints.hpp"
#include "protocols/grammar/ip_rest.hpp"
#include "protocols/icmp/icmp.hpp"
#include "protocols/inherited/inherited.hpp"
#include "protocols/ipx/ipx.hpp"
#include "protocols/mptcp/mptcp.hpp"
#include "protocols/packet/packet.hpp"
#include "protocols/tcp/tcp.hpp"
#include "protocols/udp/udp.hpp"
#include "protocols/unix/unix.hpp"

namespace netecho {
namespace {

using std::string;
using std::string_view;

/// What an endpoint without a scheme means.
constexpr string_view kBareScheme = "tcp";
constexpr string_view kBarePathScheme = "unix";

bool is_known_scheme(string_view lower_case) {
  return find_backend(lower_case) != nullptr;
}

[[noreturn]] void reject_scheme(const SplitEndpoint& split, string_view typed) {
  std::vector<string_view> known;
  for (const Backend& backend : backends()) {
    for (const Scheme& scheme : backend.schemes) known.push_back(scheme.text);
  }
  const string reason = "unknown scheme '" + split.scheme + "'";
  const string_view near = nearest_word(split.scheme, known);
  if (!near.empty()) {
    reject_endpoint(typed, reason, string{near} + "://" + string{split.rest});
  }
  string list;
  for (const string_view scheme : known) list += (list.empty() ? "" : ", ") + string{scheme};
  reject_endpoint(typed, reason + "; known are " + list);
}

const Scheme* find_scheme(const Backend& backend, string_view text) noexcept {
  for (const Scheme& each : backend.schemes) {
    if (each.text == text) return &each;
  }
  return nullptr;
}

/// REQUIRES: a backend has `text` as a scheme.
Endpoint parse_with(string_view text, string_view rest, Role role, string_view typed) {
  const Backend& backend = *find_backend(text);
  const Scheme& scheme = *find_scheme(backend, text);
  check_side(backend, scheme.text, role, typed);
  const RestContext context{scheme, backend.schemes, backend.kind, role, typed};
  string canonical = backend.parse_rest(rest, context);
  return {string{scheme.text}, std::move(canonical), string{typed}, scheme.family};
}

bool is_bare_path(string_view text) {
  return text.front() == '/' || text.substr(0, 2) == "./" || text.substr(0, 3) == "../";
}

/// A word without a scheme, a path's start or a ':': a port (serve), or something half-typed.
Endpoint parse_bare_word(string_view word, Role role) {
  const bool number = is_digits(word);
  if (number || (role == Role::serve && find_port(word, kBareScheme))) {
    const string fixed = "localhost:" + string{word};
    if (role == Role::client) reject_endpoint(word, "the host is missing", fixed);
    return parse_with(kBareScheme, fixed, role, word);
  }
  if (word.find('/') != string_view::npos) {
    reject_endpoint(word, "a path starts with '/', './' or '../'", "./" + string{word});
  }
  if (is_known_scheme(word)) reject_endpoint(word, "a scheme alone is no endpoint");
  reject_endpoint(word, "the port is missing", string{word} + ":PORT");
}

Endpoint parse_bare(string_view text, Role role) {
  if (is_bare_path(text) || text.front() == '@') {
    return parse_with(kBarePathScheme, text, role, text);
  }
  if (text.find(':') == string_view::npos && text.front() != '[')
    return parse_bare_word(text, role);
  return parse_with(kBareScheme, text, role, text);
}

string join(std::span<const string_view> words) {
  string out;
  for (const string_view word : words) {
    if (!out.empty()) out += ", ";
    out += word;
  }
  return out;
}

bool contradicts(const Endpoint& endpoint, FamilyChoice choice) {
  if (choice == FamilyChoice::any) return false;
  const auto family = backend_of(endpoint).describe(endpoint).family;
  if (family == AddressFamily::ipv4) return choice != FamilyChoice::ipv4_only;
  return family == AddressFamily::ipv6 && choice != FamilyChoice::ipv6_only;
}

}  // namespace

std::span<const Backend> backends() noexcept {
  static const std::array kTable{
      tcp_backend(),
      mptcp_backend(),
      udp_backend(),
      icmp_backend(),
      unix_socket::stream_backend(),
      unix_socket::datagram_backend(),
      unix_socket::record_backend(),
      packet_backend(),
      ipx_backend(),
      inherited_backend(),
  };
  return kTable;
}

std::vector<string_view> transport_names() {
  std::vector<string_view> out;
  for (const Backend& backend : backends()) {
    const string_view name = backend.kind.transport;
    if (!name.empty() && std::ranges::find(out, name) == out.end()) out.push_back(name);
  }
  return out;
}

std::vector<string_view> schemes_of(AddressFamily family) {
  std::vector<string_view> out;
  const auto asks_for_it = [=](const Scheme& scheme) { return scheme.family == family; };
  for (const Backend& backend : backends()) {
    if (std::ranges::none_of(backend.schemes, asks_for_it)) continue;
    for (const Scheme& scheme : backend.schemes) {
      if (!scheme.family || asks_for_it(scheme)) out.push_back(scheme.text);
    }
  }
  return out;
}

const Backend* find_backend(string_view scheme) noexcept {
  for (const Backend& backend : backends()) {
    if (find_scheme(backend, scheme) != nullptr) return &backend;
  }
  return nullptr;
}

void check_side(const Backend& backend, string_view scheme, Role role, string_view typed) {
  if (backend.has_side(role)) return;
  if (role == Role::serve) {
    const string why = backend.no_server.empty() ? "" : "; " + string{backend.no_server};
    reject_endpoint(typed, string{scheme} + ":// is only for clients: send, probe" + why);
  }
  if (backend.capabilities.inherited) {
    reject_endpoint(typed, "an inherited descriptor is only for serve");
  }
  reject_endpoint(typed, string{scheme} + ":// is only for serve");
}

Endpoint parse_endpoint(string_view text, Role role) {
  if (text.empty()) reject_endpoint("''", "it is empty");
  const SplitEndpoint split = split_scheme(text, is_known_scheme);
  if (split.scheme.empty()) return parse_bare(text, role);
  if (!is_known_scheme(split.scheme)) reject_scheme(split, text);
  return parse_with(split.scheme, split.rest, role, text);
}

std::optional<string> host_port_hint(string_view host, string_view port) {
  if (host.empty() || host.find(':') != string_view::npos || !find_port(port, kBareScheme)) {
    return std::nullopt;
  }
  string joined = string{host} + ":" + string{port};
  try {
    static_cast<void>(parse_endpoint(joined, Role::client));
  } catch (const Error&) {
    return std::nullopt;
  }
  return joined;
}

const Backend& backend_of(const Endpoint& endpoint) {
  return *find_backend(endpoint.scheme);
}

std::string_view wire_format_of(const Endpoint& endpoint) {
  const Backend& backend = backend_of(endpoint);
  return backend.wire_format_of != nullptr ? backend.wire_format_of(endpoint) : backend.wire_format;
}

std::size_t message_limit(const Endpoint& endpoint, const SocketOptions& options) {
  const Backend& backend = backend_of(endpoint);
  return backend.largest_message != nullptr ? backend.largest_message(endpoint, options)
                                            : backend.capabilities.max_message_bytes;
}

void check_family(std::span<const Endpoint> endpoints, FamilyChoice choice) {
  for (const Endpoint& endpoint : endpoints) {
    if (!contradicts(endpoint, choice)) continue;
    const bool v4 = choice == FamilyChoice::ipv4_only;
    reject_endpoint(endpoint.typed, string{v4 ? "-4 allows only IPv4" : "-6 allows only IPv6"});
  }
}

std::vector<string> check_socket_options(std::span<const Endpoint> endpoints,
                                         const SocketOptions& options, Role role) {
  std::vector<string> warnings;
  for (SocketOptionSet left = requested(options); left != 0; left &= left - 1) {
    const SocketOptionSet bit = left & ~(left - 1);
    const string name{option_names(bit).front()};
    std::vector<string_view> without;
    for (const Endpoint& endpoint : endpoints) {
      const Capabilities& can = backend_of(endpoint).capabilities;
      if (((role == Role::serve ? can.serve_options : can.client_options) & bit) == 0) {
        without.push_back(endpoint.typed);
      }
    }
    if (without.empty()) continue;
    if (without.size() == endpoints.size()) {
      throw usage_error(name, {}, "no endpoint here has such an option: " + join(without));
    }
    warnings.push_back(name + " means nothing for " + join(without));
  }
  return warnings;
}

}  // namespace netecho
