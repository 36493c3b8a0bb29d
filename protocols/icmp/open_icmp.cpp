#include "protocols/icmp/open_icmp.hpp"

// In front of <linux/icmp.h>, which otherwise brings <linux/if.h> and <linux/in6.h>: the program
// would have two definitions of one type.
#include <net/if.h>
#include <netinet/in.h>

#include <linux/filter.h>
#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <span>
#include <string>
#include <system_error>

#include "core/base/error.hpp"
#include "core/base/random.hpp"

namespace netecho {
namespace {

constexpr std::uint16_t kLoadByte = BPF_LD | BPF_B | BPF_ABS;
constexpr std::uint16_t kLoadByteFrom = BPF_LD | BPF_B | BPF_IND;
constexpr std::uint16_t kLoadTwo = BPF_LD | BPF_H | BPF_ABS;
constexpr std::uint16_t kLoadTwoFrom = BPF_LD | BPF_H | BPF_IND;
constexpr std::uint16_t kLoadIpHeaderBytes = BPF_LDX | BPF_B | BPF_MSH;
constexpr std::uint16_t kUnlessEqual = BPF_JMP | BPF_JEQ | BPF_K;
constexpr std::uint16_t kReturn = BPF_RET | BPF_K;
constexpr std::uint32_t kWhole = 0xFFFF'FFFF;
constexpr std::uint32_t kIdAtByte = 4;

int open_socket(IcmpVersion version, int type) noexcept {
  const bool v6 = version == IcmpVersion::v6;
  return ::socket(v6 ? AF_INET6 : AF_INET, type | SOCK_CLOEXEC | SOCK_NONBLOCK,
                  v6 ? int{IPPROTO_ICMPV6} : int{IPPROTO_ICMP});
}

bool is_refusal(int error) noexcept {
  return error == EACCES || error == EPERM;
}

/// Whether it says that there is no ping socket to be had, and not that there is no socket at all.
bool lacks_ping_sockets(int error) noexcept {
  return is_refusal(error) || error == EPROTONOSUPPORT || error == ESOCKTNOSUPPORT;
}

Error no_right(std::string_view subject, int ping_error, int raw_error) {
  std::error_code unknown;
  const std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe", unknown);
  const std::string program = unknown ? "netecho" : self.string();
  const std::string capability = "setcap cap_net_raw+ep " + program;
  if (!is_refusal(ping_error)) {
    return {ErrorCategory::permission, "socket", std::string{subject},
            "a raw socket takes CAP_NET_RAW: " + capability, raw_error};
  }
  return {
      ErrorCategory::permission, "socket", std::string{subject},
      "no right to ping: sysctl -w net.ipv4.ping_group_range=\"0 2147483647\" lets everybody, " +
          capability + " this program",
      ping_error};
}

template <typename Option>
void set_filter(int fd, const NamedOption& option, const Option& value, std::string_view subject) {
  checked("setsockopt " + std::string{option.text}, subject,
          [&] { return ::setsockopt(fd, option.level, option.name, &value, sizeof value); });
}

void attach(int fd, std::span<sock_filter> code, std::string_view subject) {
  const sock_fprog program{static_cast<unsigned short>(code.size()), code.data()};
  set_filter(fd, NETECHO_SOCKET_OPTION(SOL_SOCKET, SO_ATTACH_FILTER), program, subject);
}

/// The filter sees a message from its IP header on, whose length it has to add.
void keep_replies_v4(int fd, std::uint16_t id, std::string_view subject) {
  set_filter(fd, NETECHO_SOCKET_OPTION(SOL_RAW, ICMP_FILTER),
             icmp_filter{~(std::uint32_t{1} << ICMP_ECHOREPLY)}, subject);
  std::array<sock_filter, 7> code{{{kLoadIpHeaderBytes, 0, 0, 0},
                                   {kLoadByteFrom, 0, 0, 0},
                                   {kUnlessEqual, 0, 3, ICMP_ECHOREPLY},
                                   {kLoadTwoFrom, 0, 0, kIdAtByte},
                                   {kUnlessEqual, 0, 1, id},
                                   {kReturn, 0, 0, kWhole},
                                   {kReturn, 0, 0, 0}}};
  attach(fd, code, subject);
}

void keep_replies_v6(int fd, std::uint16_t id, std::string_view subject) {
  icmp6_filter filter{};
  std::ranges::fill(filter.data, kWhole);
  filter.data[ICMPV6_ECHO_REPLY / 32] &= ~(std::uint32_t{1} << (ICMPV6_ECHO_REPLY % 32U));
  set_filter(fd, NETECHO_SOCKET_OPTION(IPPROTO_ICMPV6, ICMPV6_FILTER), filter, subject);
  std::array<sock_filter, 6> code{{{kLoadByte, 0, 0, 0},
                                   {kUnlessEqual, 0, 3, ICMPV6_ECHO_REPLY},
                                   {kLoadTwo, 0, 0, kIdAtByte},
                                   {kUnlessEqual, 0, 1, id},
                                   {kReturn, 0, 0, kWhole},
                                   {kReturn, 0, 0, 0}}};
  attach(fd, code, subject);
}

}  // namespace

IcmpSocket open_icmp(IcmpVersion version, std::string_view subject, const SocketNotes& notes) {
  IcmpSocket out{UniqueFd{open_socket(version, SOCK_DGRAM)}, {version, IcmpAccess::ping, 0}};
  if (out.fd.valid()) return out;
  const int ping_error = errno;
  if (!lacks_ping_sockets(ping_error)) throw SysError{"socket", std::string{subject}, ping_error};
  out.echo.access = IcmpAccess::raw;
  out.echo.id = static_cast<std::uint16_t>(random_u64());
  out.fd.reset(open_socket(version, SOCK_RAW));
  if (!out.fd.valid()) {
    const int error = errno;
    if (is_refusal(error)) throw no_right(subject, ping_error, error);
    throw SysError{"socket", std::string{subject}, error};
  }
  if (notes.debug != nullptr) {
    notes.debug(std::string{subject} + ": does without a ping socket: " + errno_text(ping_error) +
                " (" + errno_name(ping_error) + ")");
  }
  const bool v6 = version == IcmpVersion::v6;
  (v6 ? keep_replies_v6 : keep_replies_v4)(out.fd.get(), out.echo.id, subject);
  return out;
}

}  // namespace netecho
