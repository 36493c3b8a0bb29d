#pragma once

/// \file
/// The socket of an endpoint of frames for as long as it is served, whatever becomes of its
/// interface.

#include <optional>

#include "core/base/mac_address.hpp"
#include "core/base/unique_fd.hpp"
#include "core/net/endpoint.hpp"
#include "protocols/link/interface.hpp"
#include "protocols/link/interface_hold.hpp"
#include "protocols/link/link_socket.hpp"

namespace netecho {

/// It is kept, as to bind a socket again takes no right; to open another takes CAP_NET_RAW.
class ServedLink {
 public:
  /// Opens the socket, or moves it to the interface that has the name now; joins `group`, if there
  /// is one. Until it is bound there whoever has it hears nothing. Returns a descriptor of it.
  /// Throws Error: another server of this kind has the interface, or as open_link_socket().
  [[nodiscard]] UniqueFd bind(const Interface& interface, const SocketKind& kind,
                              const LinkSocketOptions& options,
                              const std::optional<MacAddress>& group = std::nullopt);

  /// No other server answers there as long as it lasts.
  [[nodiscard]] InterfaceHold& hold() noexcept { return hold_; }

 private:
  InterfaceHold hold_;
  UniqueFd fd_;
};

}  // namespace netecho
