#pragma once

/// \file
/// One server at a time answers on an interface. The kernel gives every packet socket a copy of
/// each frame and refuses none: two servers would both answer, and all clients see duplicates.

#include <string_view>

#include "core/base/unique_fd.hpp"
#include "core/net/endpoint.hpp"
#include "protocols/link/interface.hpp"

namespace netecho {

/// Holds an abstract name of the network namespace (unix(7)) that stands for an interface. The
/// kernel takes it back when the process ends, however that happens. Nothing can be sent through
/// it: it listens, and nobody accepts.
class InterfaceHold {
 public:
  /// Holds this interface from now on, for servers of this kind, and none that it held before.
  /// Throws Error (connect, EADDRINUSE): another has it, whose process is told if that is known.
  void take(const Interface& interface, const SocketKind& kind, std::string_view subject);

 private:
  int index_ = 0;
  UniqueFd fd_;
};

}  // namespace netecho
