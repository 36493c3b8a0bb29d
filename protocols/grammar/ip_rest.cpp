#include "protocols/grammar/ip_rest.hpp"

#include <netdb.h>
#include <netinet/in.h>

#include <array>
#include <charconv>

#include "protocols/grammar/hints.hpp"

namespace netecho {
namespace {

using std::string;
using std::string_view;

/// Host and port of an endpoint, not yet looked at.
struct Halves {
  string_view host;  ///< With its brackets.
  string_view port;
};

/// Parses one endpoint; every member function either succeeds or throws.
class IpParser {
 public:
  IpParser(string_view rest, const RestContext& context)
      : rest_{rest}, context_{context}, prefix_{hint_prefix(context.scheme.text, context.typed)} {}

  IpRest parse() const {
    HostParser{context_, {}}.check_bytes(rest_);
    const Halves halves = split();
    const HostParser hosts{context_, ":" + string{halves.port}};
    IpRest out = hosts.parse(halves.host);
    out.port = parse_port(halves);
    hosts.check_peer(out, ManyHosts::refused);
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

  string_view rest_;
  const RestContext& context_;
  string prefix_;
};

}  // namespace

IpRest parse_ip_rest(string_view rest, const RestContext& context) {
  return IpParser{rest, context}.parse();
}

IpRest split_ip_rest(string_view rest) {
  const bool has_port = !rest.ends_with(']') && rest.find(':') != string_view::npos;
  IpRest out;
  string_view host = rest;
  if (has_port) {
    const std::size_t colon = rest.rfind(':');
    const string_view digits = rest.substr(colon + 1);
    std::uint16_t port = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), port);
    out.port = port;
    host = rest.substr(0, colon);
  }
  if (host.empty()) return out;
  if (host.front() == '[') {
    out.kind = HostKind::ipv6;
    host = host.substr(1, host.size() - 2);
  } else {
    out.kind = is_ipv4(host) ? HostKind::ipv4 : HostKind::name;
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
