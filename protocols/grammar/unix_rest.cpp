#include "protocols/grammar/unix_rest.hpp"

#include "protocols/grammar/hints.hpp"

namespace netecho {
namespace {

std::string too_long(std::string_view what, std::size_t size) {
  return "the " + std::string{what} + " has " + std::to_string(size) +
         " bytes; a socket's name has at most " + std::to_string(kLongestUnixName);
}

}  // namespace

std::string check_unix_rest(std::string_view rest, std::string_view typed) {
  if (rest.empty()) reject_endpoint(typed, "the path is empty");
  if (rest.front() == '@') {
    const std::size_t size = rest.size() - 1;
    if (size == 0) reject_endpoint(typed, "the abstract name behind '@' is empty");
    if (size > kLongestUnixName) reject_endpoint(typed, too_long("abstract name", size));
    return std::string{rest};
  }
  if (rest.find('\0') != std::string_view::npos) reject_endpoint(typed, "a path has no NUL byte");
  if (rest.size() > kLongestUnixName) reject_endpoint(typed, too_long("path", rest.size()));
  return std::string{rest};
}

SocketAddress unix_address(std::string_view rest) {
  return rest.front() == '@' ? SocketAddress::from_abstract(rest.substr(1))
                             : SocketAddress::from_unix_path(rest);
}

SocketDescription describe_unix_endpoint(const Endpoint& endpoint, const SocketKind& kind) {
  SocketDescription out;
  out.uri = endpoint.uri();
  out.transport = kind.transport;
  out.socket_type = kind.type;
  out.family = AddressFamily::unix_domain;
  out.abstract = endpoint.rest.front() == '@';
  out.path = endpoint.rest.substr(*out.abstract ? 1 : 0);
  return out;
}

}  // namespace netecho
