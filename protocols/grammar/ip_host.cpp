#include "protocols/grammar/ip_host.hpp"

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <utility>

#include "core/net/socket_address.hpp"
#include "protocols/grammar/hints.hpp"
#include "protocols/grammar/many_hosts.hpp"

namespace netecho {
namespace {

using std::string;
using std::string_view;

constexpr std::size_t kLongestName = 253;  // RFC 1035, 2.3.4, as text.

std::optional<in6_addr> to_ipv6(string_view text) {
  in6_addr out{};
  if (text.find('\0') != string_view::npos) return std::nullopt;
  if (::inet_pton(AF_INET6, string{text}.c_str(), &out) != 1) return std::nullopt;
  return out;
}

string ipv6_text(const in6_addr& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  ::inet_ntop(AF_INET6, &address, text.data(), text.size());
  return text.data();
}

/// Says which families' addresses a zone means something for.
bool has_link_scope(const in6_addr& address) noexcept {
  return IN6_IS_ADDR_LINKLOCAL(&address) || IN6_IS_ADDR_MC_LINKLOCAL(&address) ||
         IN6_IS_ADDR_MC_NODELOCAL(&address);
}

/// More than a host stands behind the scheme: a port, or IPv6 without its brackets.
[[noreturn]] void reject_behind_host(string_view rest, const HostParser& hosts,
                                     const RestContext& context) {
  if (is_ipv6_with_zone(rest)) {
    hosts.reject("an IPv6 address needs brackets", hosts.prefix() + "[" + string{rest} + "]");
  }
  const std::size_t colon = rest.rfind(':');
  const string_view host = rest.substr(0, colon);
  const bool one_host = host.find(':') == string_view::npos || host.back() == ']';
  if (!one_host) hosts.reject("a host name has no ':'");
  hosts.reject(string{context.scheme.text} + " has no ports",
               hosts.prefix() + (host.empty() ? "localhost" : string{host}));
}

}  // namespace

bool is_ipv6_with_zone(string_view text) {
  return to_ipv6(text.substr(0, text.find('%'))).has_value();
}

bool is_ipv4(string_view text) {
  in_addr out{};
  if (text.find('\0') != string_view::npos) return false;
  return ::inet_pton(AF_INET, string{text}.c_str(), &out) == 1;
}

HostParser::HostParser(const RestContext& context, string tail)
    : context_{context},
      tail_{std::move(tail)},
      prefix_{hint_prefix(context.scheme.text, context.typed)} {}

void HostParser::reject(string reason, const string& hint) const {
  reject_endpoint(context_.typed, std::move(reason), hint);
}

void HostParser::check_bytes(string_view rest) const {
  if (rest.find('\0') != string_view::npos) reject("it contains a NUL byte");
  if (const std::size_t mark = rest.find('?'); mark != string_view::npos) {
    reject("an endpoint takes no '?'; options are separate arguments",
           prefix_ + string{rest.substr(0, mark)});
  }
}

IpRest HostParser::parse(string_view host) const {
  if (host.empty()) return {};
  if (host.front() == '[') return parse_bracketed(host);
  if (is_ipv4(host)) return {HostKind::ipv4, string{host}};
  check_not_ipv4(host);
  check_name(host);
  return {HostKind::name, string{host}};
}

string HostParser::with_host(string_view host) const {
  return prefix_ + string{host} + tail_;
}

IpRest HostParser::parse_bracketed(string_view host) const {
  const string_view inside = host.substr(1, host.size() - 2);
  const std::size_t percent = inside.find('%');
  const string_view digits = inside.substr(0, percent);
  const auto address = to_ipv6(digits);
  if (!address) {
    const bool plain = !inside.empty() && inside.find(':') == string_view::npos;
    reject("'" + string{inside} + "' is not an IPv6 address", plain ? with_host(inside) : string{});
  }
  string text = ipv6_text(*address);
  if (percent == string_view::npos) return {HostKind::ipv6, std::move(text)};
  const string_view zone = inside.substr(percent + 1);
  if (!has_link_scope(*address)) {
    reject("only a link-local address has a zone", with_host("[" + text + "]"));
  }
  check_zone(zone);
  return {HostKind::ipv6, text + "%" + string{zone}};
}

void HostParser::check_zone(string_view zone) const {
  if (zone.empty()) reject("the zone behind '%' is empty: it names an interface");
  const bool clean = std::all_of(
      zone.begin(), zone.end(), [](char c) { return c > ' ' && c != '/' && c != '%' && c != 127; });
  if (!clean || zone.size() >= IF_NAMESIZE) {
    reject("'" + string{zone} + "' cannot be the name of an interface");
  }
}

/// A name whose last label is a number is meant as an address, but 127.1 or 010.0.0.1 mean
/// different things to different programs.
void HostParser::check_not_ipv4(string_view host) const {
  const std::size_t dot = host.rfind('.');
  const string_view label = dot == string_view::npos ? host : host.substr(dot + 1);
  if (!is_digits(label)) return;
  in_addr loose{};
  string hint;
  if (::inet_aton(string{host}.c_str(), &loose) != 0) {
    std::array<char, INET_ADDRSTRLEN> text{};
    ::inet_ntop(AF_INET, &loose, text.data(), text.size());
    hint = with_host(text.data());
  }
  reject("'" + string{host} + "' is not an IPv4 address", hint);
}

void HostParser::check_name(string_view host) const {
  if (host == "*" && !tail_.empty()) {
    reject("a wildcard is written as an empty host", with_host(""));
  }
  const auto bad = std::find_if(host.begin(), host.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte <= ' ' || byte == 127 || string_view{"/#@[]%\\\"<>*"}.find(c) != string_view::npos;
  });
  if (bad != host.end()) reject(string{"a host name cannot contain '"} + *bad + "'");
  if (host.size() > kLongestName) reject("a host name has at most 253 characters");
}

void HostParser::check_peer(const IpRest& rest, ManyHosts many) const {
  check_family(rest);
  if (many == ManyHosts::refused) check_one_peer(rest);
}

void HostParser::check_family(const IpRest& rest) const {
  const auto& family = context_.scheme.family;
  if (!family) return;
  const bool wrong =
      *family == AddressFamily::ipv4 ? rest.kind == HostKind::ipv6 : rest.kind == HostKind::ipv4;
  if (!wrong) return;
  const bool v4 = *family == AddressFamily::ipv4;
  const AddressFamily other = v4 ? AddressFamily::ipv6 : AddressFamily::ipv4;
  reject(string{context_.scheme.text} + " is " + (v4 ? "IPv4" : "IPv6") + " only",
         with_scheme_of(other, rest));
}

/// The same address behind the transport's scheme of that family; empty if it has none.
string HostParser::with_scheme_of(AddressFamily family, const IpRest& rest) const {
  const auto fits = [&](const Scheme& each) { return each.family == family; };
  const auto found = std::ranges::find_if(context_.schemes, fits);
  if (found == context_.schemes.end()) return {};
  return string{found->text} + "://" + format_ip_rest(rest);
}

/// What many answer is no peer of a client.
void HostParser::check_one_peer(const IpRest& rest) const {
  if (context_.role != Role::client) return;
  if (rest.kind != HostKind::ipv4 && rest.kind != HostKind::ipv6) return;
  const auto address = SocketAddress::from_ip(rest.host.substr(0, rest.host.find('%')), 0);
  if (!address) return;
  if (const auto reason = why_not_one_peer(ip_number(*address->data()))) {
    reject(rest.host + " " + *reason);
  }
}

void HostParser::reject_unclosed(string_view rest) const {
  const string_view inside = rest.substr(1);
  const bool known = is_ipv6_with_zone(inside);
  reject("the ']' is missing", known ? with_host("[" + string{inside} + "]") : string{});
}

IpRest parse_host_rest(string_view rest, const RestContext& context, ManyHosts many) {
  const HostParser hosts{context, {}};
  hosts.check_bytes(rest);
  if (rest.empty() || is_digits(rest)) {
    hosts.reject("the host is missing", hosts.prefix() + "localhost");
  }
  const bool bracketed = rest.front() == '[';
  const std::size_t close = rest.find(']');
  if (bracketed && close == string_view::npos) hosts.reject_unclosed(rest);
  const bool whole = bracketed ? close + 1 == rest.size() : rest.find(':') == string_view::npos;
  if (bracketed && !whole && rest[close + 1] != ':') {
    hosts.reject("nothing can follow ']'", hosts.prefix() + string{rest.substr(0, close + 1)});
  }
  if (!whole) reject_behind_host(rest, hosts, context);
  IpRest out = hosts.parse(rest);
  hosts.check_peer(out, many);
  return out;
}

string format_ip_rest(const IpRest& rest) {
  const string port = rest.port ? ":" + std::to_string(*rest.port) : string{};
  return rest.kind == HostKind::ipv6 ? "[" + rest.host + "]" + port : rest.host + port;
}

}  // namespace netecho
