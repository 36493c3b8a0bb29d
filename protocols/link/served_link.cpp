#include "protocols/link/served_link.hpp"

#include <fcntl.h>

#include "core/base/error.hpp"

namespace netecho {

UniqueFd ServedLink::bind(const Interface& interface, const SocketKind& kind,
                          const LinkSocketOptions& options,
                          const std::optional<MacAddress>& group) {
  const std::string_view subject = options.subject;
  const bool again = fd_.valid();
  if (!again) fd_ = open_link_socket(interface, options);
  hold_.take(interface, kind, subject);
  if (group) join_group(fd_.get(), interface, *group, subject);
  UniqueFd out{checked("fcntl", subject, [&] { return ::fcntl(fd_.get(), F_DUPFD_CLOEXEC, 0); })};
  if (again) bind_link_socket(fd_.get(), interface, options.ethertype, subject);
  return out;
}

}  // namespace netecho
