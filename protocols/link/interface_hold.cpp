#include "protocols/link/interface_hold.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <utility>

#include "core/base/error.hpp"
#include "core/net/socket_address.hpp"

namespace netecho {
namespace {

/// Connections wait here only to have asked who listens.
constexpr int kBacklog = 128;

UniqueFd open_name(std::string_view subject) {
  return UniqueFd{checked("socket", subject, [] {
    return ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  })};
}

/// The kernel has noted which process made a name listen, and tells whoever connects to it.
std::string holder_of(const SocketAddress& name, std::string_view subject) {
  const UniqueFd fd = open_name(subject);
  ucred holder{};
  socklen_t size = sizeof holder;
  const bool told = ::connect(fd.get(), name.data(), name.size()) == 0 &&
                    ::getsockopt(fd.get(), SOL_SOCKET, SO_PEERCRED, &holder, &size) == 0;
  if (told && holder.pid == ::getpid()) return "another endpoint of this process";
  // A process of another PID namespace has no number here.
  return told && holder.pid > 0 ? "process " + std::to_string(holder.pid) : "another process";
}

}  // namespace

void InterfaceHold::take(const Interface& interface, const SocketKind& kind,
                         std::string_view subject) {
  if (fd_.valid() && index_ == interface.index) return;
  const std::string text =
      "netecho-" + std::string{kind.scheme} + "-" + std::to_string(interface.index);
  const SocketAddress name = SocketAddress::from_abstract(text);
  UniqueFd fd = open_name(subject);
  if (::bind(fd.get(), name.data(), name.size()) != 0) {
    const int error = errno;
    if (error != EADDRINUSE) throw SysError{"bind", std::string{subject}, error};
    throw Error{ErrorCategory::connect, "bind", std::string{subject},
                holder_of(name, subject) + " serves " + interface.name +
                    " already: clients would get two answers to each probe (@" + text + ")",
                error};
  }
  checked("listen", subject, [&] { return ::listen(fd.get(), kBacklog); });
  fd_ = std::move(fd);
  index_ = interface.index;
}

}  // namespace netecho
