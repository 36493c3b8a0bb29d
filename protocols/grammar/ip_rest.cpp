#include "protocols/grammar/ip_rest.hpp"

#include <arpa/inet.h>
#include <net/if.h>
#include <netdb.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "core/net/socket_address.hpp"
#include "protocols/grammar/hints.hpp"
#include "protocols/grammar/many_hosts.hpp"

namespace netecho {
namespace {

using std::string;
using std::string_view;

constexpr std::size_t kLongestName = 253;  // RFC 1035, 2.3.4, as text.

/// Host and port of an endpoint, not yet looked at.
struct Halves {
  string_view host;  ///< With its brackets.
  string_view port;
};

std::optional<in6_addr> to_ipv6(string_view text) {
  in6_addr out{};
  if (text.find('\0') != string_view::npos) return std::nullopt;
  if (::inet_pton(AF_INET6, string{text}.c_str(), &out) != 1) return std::nullopt;
  return out;
}

std::optional<in_addr> to_ipv4(string_view text) {
  in_addr out{};
  if (text.find('\0') != string_view::npos) return std::nullopt;
  if (::inet_pton(AF_INET, string{text}.c_str(), &out) != 1) return std::nullopt;
  return out;
}

string ipv6_text(const in6_addr& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  ::inet_ntop(AF_INET6, &address, text.data(), text.size());
  return text.data();
}

bool is_ipv6_with_zone(string_view text) {
  return to_ipv6(text.substr(0, text.find('%'))).has_value();
}

/// Says which families' addresses a zone means something for.
bool has_link_scope(const in6_addr& address) noexcept {
  return IN6_IS_ADDR_LINKLOCAL(&address) || IN6_IS_ADDR_MC_LINKLOCAL(&address) ||
         IN6_IS_ADDR_MC_NODELOCAL(&address);
}

/// Parses one endpoint; every member function either succeeds or throws.
class IpParser {
 public:
  IpParser(string_view rest, const RestContext& context)
      : rest_{rest}, context_{context}, prefix_{hint_prefix(context.scheme.text, context.typed)} {}

  IpRest parse() const {
    if (rest_.find('\0') != string_view::npos) reject("it contains a NUL byte");
    if (const std::size_t mark = rest_.find('?'); mark != string_view::npos) {
      reject("an endpoint takes no '?'; options are separate arguments",
             prefix_ + string{rest_.substr(0, mark)});
    }
    const Halves halves = split();
    IpRest out = parse_host(halves);
    out.port = parse_port(halves);
    check_family(out);
    check_one_peer(out);
    return out;
  }

 private:
  [[noreturn]] void reject(string reason, const string& hint = {}) const {
    reject_endpoint(context_.typed, std::move(reason), hint);
  }

  Halves split() const {
    if (rest_.empty()) reject("host and port are missing", prefix_ + "localhost:PORT");
    if (rest_.front() == '[') return split_bracketed();
    const std::size_t first = rest_.find(':');
    if (first == string_view::npos) reject_missing_port();
    const std::size_t last = rest_.rfind(':');
    if (first != last) reject_colons(last);
    return {rest_.substr(0, last), rest_.substr(last + 1)};
  }

  Halves split_bracketed() const {
    const std::size_t close = rest_.find(']');
    if (close == string_view::npos) reject_unclosed();
    const string_view host = rest_.substr(0, close + 1);
    const string_view tail = rest_.substr(close + 1);
    if (tail.empty()) reject("the port is missing", prefix_ + string{host} + ":PORT");
    if (tail.front() == ':') return {host, tail.substr(1)};
    reject("a ':' and the port must follow ']'",
           is_digits(tail) ? prefix_ + string{host} + ":" + string{tail} : string{});
  }

  [[noreturn]] void reject_unclosed() const {
    const string_view inside = rest_.substr(1);
    const std::size_t last = inside.rfind(':');
    const bool with_port = last != string_view::npos && is_digits(inside.substr(last + 1)) &&
                           is_ipv6_with_zone(inside.substr(0, last));
    const string fixed =
        with_port ? "[" + string{inside.substr(0, last)} + "]" + string{inside.substr(last)}
                  : "[" + string{inside} + "]:PORT";
    const bool known = with_port || is_ipv6_with_zone(inside);
    reject("the ']' is missing", known ? prefix_ + fixed : string{});
  }

  [[noreturn]] void reject_missing_port() const {
    if (is_digits(rest_)) reject("the host is missing", prefix_ + ":" + string{rest_});
    reject("the port is missing", prefix_ + string{rest_} + ":PORT");
  }

  /// More than one ':' and no brackets: IPv6 as people type it, or nonsense.
  [[noreturn]] void reject_colons(std::size_t last) const {
    const string head{rest_.substr(0, last)};
    const string port{rest_.substr(last + 1)};
    constexpr string_view kReason = "an IPv6 address needs brackets";
    if (is_ipv6_with_zone(head) && find_port(port, services_of(context_.kind.type))) {
      reject(string{kReason}, prefix_ + "[" + head + "]:" + port);
    }
    if (is_ipv6_with_zone(rest_)) {
      reject(string{kReason}, prefix_ + "[" + string{rest_} + "]:PORT");
    }
    reject("a host name has no ':'");
  }

  IpRest parse_host(const Halves& halves) const {
    if (halves.host.empty()) return {};
    if (halves.host.front() == '[') return parse_bracketed(halves);
    if (to_ipv4(halves.host)) return {HostKind::ipv4, string{halves.host}, 0};
    check_not_ipv4(halves);
    check_name(halves);
    return {HostKind::name, string{halves.host}, 0};
  }

  string with_host(string_view host, const Halves& halves) const {
    return prefix_ + string{host} + ":" + string{halves.port};
  }

  IpRest parse_bracketed(const Halves& halves) const {
    const string_view inside = halves.host.substr(1, halves.host.size() - 2);
    const std::size_t percent = inside.find('%');
    const string_view digits = inside.substr(0, percent);
    const auto address = to_ipv6(digits);
    if (!address) {
      const bool plain = !inside.empty() && inside.find(':') == string_view::npos;
      reject("'" + string{inside} + "' is not an IPv6 address",
             plain ? with_host(inside, halves) : string{});
    }
    string host = ipv6_text(*address);
    if (percent == string_view::npos) return {HostKind::ipv6, std::move(host), 0};
    const string_view zone = inside.substr(percent + 1);
    if (!has_link_scope(*address)) {
      reject("only a link-local address has a zone", with_host("[" + host + "]", halves));
    }
    check_zone(zone);
    return {HostKind::ipv6, host + "%" + string{zone}, 0};
  }

  void check_zone(string_view zone) const {
    if (zone.empty()) reject("the zone behind '%' is empty: it names an interface");
    const bool clean = std::all_of(zone.begin(), zone.end(), [](char c) {
      return c > ' ' && c != '/' && c != '%' && c != 127;
    });
    if (!clean || zone.size() >= IF_NAMESIZE) {
      reject("'" + string{zone} + "' cannot be the name of an interface");
    }
  }

  /// A name whose last label is a number is meant as an address, but 127.1 or 010.0.0.1 mean
  /// different things to different programs.
  void check_not_ipv4(const Halves& halves) const {
    const std::size_t dot = halves.host.rfind('.');
    const string_view label = dot == string_view::npos ? halves.host : halves.host.substr(dot + 1);
    if (!is_digits(label)) return;
    in_addr loose{};
    string hint;
    if (::inet_aton(string{halves.host}.c_str(), &loose) != 0) {
      std::array<char, INET_ADDRSTRLEN> text{};
      ::inet_ntop(AF_INET, &loose, text.data(), text.size());
      hint = with_host(text.data(), halves);
    }
    reject("'" + string{halves.host} + "' is not an IPv4 address", hint);
  }

  void check_name(const Halves& halves) const {
    const string_view host = halves.host;
    if (host == "*") reject("a wildcard is written as an empty host", with_host("", halves));
    const auto bad = std::find_if(host.begin(), host.end(), [](char c) {
      const auto byte = static_cast<unsigned char>(c);
      return byte <= ' ' || byte == 127 ||
             string_view{"/#@[]%\\\"<>*"}.find(c) != string_view::npos;
    });
    if (bad != host.end()) reject(string{"a host name cannot contain '"} + *bad + "'");
    if (host.size() > kLongestName) reject("a host name has at most 253 characters");
  }

  std::uint16_t parse_port(const Halves& halves) const {
    const string host{halves.host};
    if (halves.port.empty()) reject("the port is missing", prefix_ + host + ":PORT");
    const auto port = find_port(halves.port, services_of(context_.kind.type));
    if (!port) reject_port(halves);
    if (*port == 0 && context_.role == Role::client) {
      reject("port 0 is only for serve, where the kernel picks one");
    }
    return *port;
  }

  [[noreturn]] void reject_port(const Halves& halves) const {
    const string port{halves.port};
    if (is_digits(port)) reject("port " + port + " is out of range: 0 to 65535");
    const std::size_t slash = port.find('/');
    const bool path = slash != string::npos && is_digits(string_view{port}.substr(0, slash));
    reject("'" + port + "' is neither a port number nor a known service",
           path ? prefix_ + string{halves.host} + ":" + port.substr(0, slash) : string{});
  }

  void check_family(const IpRest& rest) const {
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
  string with_scheme_of(AddressFamily family, const IpRest& rest) const {
    const auto fits = [&](const Scheme& each) { return each.family == family; };
    const auto found = std::ranges::find_if(context_.schemes, fits);
    if (found == context_.schemes.end()) return {};
    return string{found->text} + "://" + format_ip_rest(rest);
  }

  /// What many answer is no peer of a client.
  void check_one_peer(const IpRest& rest) const {
    if (context_.role != Role::client) return;
    if (rest.kind != HostKind::ipv4 && rest.kind != HostKind::ipv6) return;
    const auto address = SocketAddress::from_ip(rest.host.substr(0, rest.host.find('%')), 0);
    if (!address) return;
    if (const auto reason = why_not_one_peer(ip_number(*address->data()))) {
      reject(rest.host + " " + *reason);
    }
  }

  string_view rest_;
  const RestContext& context_;
  string prefix_;
};

}  // namespace

IpRest parse_ip_rest(string_view rest, const RestContext& context) {
  return IpParser{rest, context}.parse();
}

string format_ip_rest(const IpRest& rest) {
  const string port = ":" + std::to_string(rest.port);
  return rest.kind == HostKind::ipv6 ? "[" + rest.host + "]" + port : rest.host + port;
}

IpRest split_ip_rest(string_view rest) {
  const std::size_t colon = rest.rfind(':');
  IpRest out;
  string_view host = rest.substr(0, colon);
  const string_view port = rest.substr(colon + 1);
  std::from_chars(port.data(), port.data() + port.size(), out.port);
  if (host.empty()) return out;
  if (host.front() == '[') {
    out.kind = HostKind::ipv6;
    host = host.substr(1, host.size() - 2);
  } else {
    out.kind = to_ipv4(host) ? HostKind::ipv4 : HostKind::name;
  }
  out.host = host;
  return out;
}

std::optional<std::uint16_t> find_port(string_view text, string_view services) {
  std::uint16_t number = 0;
  if (is_digits(text)) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{}) return std::nullopt;
    return number;
  }
  if (text.empty() || text.find('\0') != string_view::npos) return std::nullopt;
  servent entry{};
  servent* found = nullptr;
  std::array<char, 4096> buffer{};
  ::getservbyname_r(string{text}.c_str(), string{services}.c_str(), &entry, buffer.data(),
                    buffer.size(), &found);
  if (found == nullptr) return std::nullopt;
  return ntohs(static_cast<std::uint16_t>(found->s_port));
}

string_view services_of(SocketType type) noexcept {
  return type == SocketType::datagram ? "udp" : "tcp";
}

SocketDescription describe_ip_endpoint(const Endpoint& endpoint, const SocketKind& kind) {
  const IpRest rest = split_ip_rest(endpoint.rest);
  SocketDescription out;
  out.uri = endpoint.uri();
  out.transport = kind.transport;
  out.socket_type = kind.type;
  out.family = endpoint.family;
  if (rest.kind == HostKind::ipv4) out.family = AddressFamily::ipv4;
  if (rest.kind == HostKind::ipv6) out.family = AddressFamily::ipv6;
  if (rest.kind != HostKind::none) out.address = rest.host;
  out.port = rest.port;
  return out;
}

}  // namespace netecho
