#include "protocols/ipx/describe_ipx.hpp"

#include "protocols/grammar/ipx_address.hpp"

namespace netecho {

SocketDescription describe_ipx(const SocketKind& kind, const std::string& interface,
                               const std::optional<IpxAddress>& address) {
  SocketDescription out;
  out.uri = std::string{kind.scheme} + "://" + interface;
  out.transport = kind.transport;
  out.socket_type = kind.type;
  out.family = AddressFamily::ipx;
  out.interface = interface;
  if (address) {
    out.address = format_ipx_address({address->net, address->node});
    out.port = address->socket;
    out.uri += "/" + *out.address + ":" + format_ipx_socket(address->socket);
  }
  return out;
}

}  // namespace netecho
