#include "protocols/rules/credentials.hpp"

#include <sys/un.h>

#include <cstddef>
#include <cstring>

#include "core/base/error.hpp"

namespace netecho::unix_socket {
namespace {

bool is_abstract(const SocketAddress& address) noexcept {
  constexpr std::size_t kNameAt = offsetof(sockaddr_un, sun_path);
  if (address.size() <= kNameAt) return false;
  const char* bytes = reinterpret_cast<const char*>(address.data());
  return bytes[kNameAt] == '\0';
}

}  // namespace

UserRule user_rule(const SourceRules& rules, const SocketAddress& local) {
  return {rules.users, is_abstract(local) ? UserRule::Naming::abstract : UserRule::Naming::path};
}

bool admits_connection(UserRule& rule, int fd) noexcept {
  if (!rule.restricts()) return true;
  ucred peer{};
  socklen_t size = sizeof peer;
  return ::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && rule.allows(peer.uid);
}

bool admits_datagram(UserRule& rule, const msghdr& message) noexcept {
  if (!rule.restricts()) return true;
  const cmsghdr* control = CMSG_FIRSTHDR(&message);
  if (control == nullptr || control->cmsg_level != SOL_SOCKET ||
      control->cmsg_type != SCM_CREDENTIALS || control->cmsg_len < CMSG_LEN(sizeof(ucred))) {
    return false;
  }
  ucred sender{};
  std::memcpy(&sender, CMSG_DATA(control), sizeof sender);
  return rule.allows(sender.uid);
}

void attach_credentials(int fd, std::string_view subject) {
  const int on = 1;
  checked("setsockopt SO_PASSCRED", subject,
          [&] { return ::setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof on); });
}

}  // namespace netecho::unix_socket
