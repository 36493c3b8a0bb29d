#include "protocols/link/interface.hpp"

#include <linux/netlink.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>

#include "core/base/error.hpp"
#include "core/base/unique_fd.hpp"

namespace netecho {
namespace {

/// An error line names at most so many.
constexpr std::size_t kMostNamed = 24;

/// Asks the kernel about one interface. Any socket may.
class Question {
 public:
  explicit Question(const std::string& name)
      : fd_{::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE)} {
    name.copy(static_cast<char*>(request_.ifr_name), IFNAMSIZ - 1);
  }

  /// Returns 0, or an errno.
  int ask(unsigned long what) noexcept {
    return ::ioctl(fd_.get(), what, &request_) == 0 ? 0 : errno;
  }
  [[nodiscard]] const ifreq& answer() const noexcept { return request_; }

 private:
  UniqueFd fd_;
  ifreq request_{};
};

std::string existing_names() {
  using List = struct if_nameindex;
  const std::unique_ptr<List, decltype(&::if_freenameindex)> list{::if_nameindex(),
                                                                  ::if_freenameindex};
  std::string out;
  std::size_t named = 0;
  for (const List* each = list.get(); each != nullptr && each->if_index != 0; ++each) {
    if (named++ == kMostNamed) return out + " …";
    out += (out.empty() ? "" : ", ") + std::string{each->if_name};
  }
  return out.empty() ? "none" : out;
}

std::string why_not_ethernet(const std::string& name, unsigned type) {
  if (type == ARPHRD_LOOPBACK) {
    return name +
           " is no Ethernet: on the loopback interface all stations have one address, so that "
           "nobody could tell a request from its answer; a veth pair joins two on one host";
  }
  return name + " is no Ethernet: its frames have no MAC addresses of 6 bytes (hardware type " +
         std::to_string(type) + ")";
}

}  // namespace

Interface find_interface(const std::string& name, std::string_view operation,
                         std::string_view subject) {
  const auto fail = [&](std::string reason, int error) {
    return Error{ErrorCategory::connect, std::string{operation}, std::string{subject},
                 std::move(reason), error};
  };
  Interface out;
  out.name = name;
  Question question{name};
  int error = question.ask(SIOCGIFINDEX);
  if (error == 0) out.index = question.answer().ifr_ifindex;
  if (error == 0) error = question.ask(SIOCGIFHWADDR);
  if (error == ENODEV) {
    throw fail("there is no interface " + name + "; this host has " + existing_names(), ENODEV);
  }
  if (error != 0) throw SysError{std::string{operation}, std::string{subject}, error};
  const sockaddr& hardware = question.answer().ifr_hwaddr;
  if (hardware.sa_family != ARPHRD_ETHER) throw fail(why_not_ethernet(name, hardware.sa_family), 0);
  std::memcpy(out.mac.bytes.data(), static_cast<const char*>(hardware.sa_data), kMacBytes);
  if (question.ask(SIOCGIFMTU) == 0) {
    out.mtu_bytes = static_cast<std::size_t>(std::max(question.answer().ifr_mtu, 0));
  }
  return out;
}

std::optional<int> index_of(const std::string& name) {
  // What is longer would be cut to the name of another one.
  if (name.size() >= IFNAMSIZ) return std::nullopt;
  Question question{name};
  if (question.ask(SIOCGIFINDEX) != 0) return std::nullopt;
  return question.answer().ifr_ifindex;
}

std::optional<std::size_t> mtu_of(const std::string& name) {
  Question question{name};
  if (question.ask(SIOCGIFMTU) != 0 || question.answer().ifr_mtu < 0) return std::nullopt;
  return static_cast<std::size_t>(question.answer().ifr_mtu);
}

}  // namespace netecho
