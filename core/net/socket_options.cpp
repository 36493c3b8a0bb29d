#include "core/net/socket_options.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <limits>

#include "core/base/error.hpp"
#include "core/base/fixed_text.hpp"
#include "core/base/units.hpp"

namespace netecho {
namespace {

struct OptionRow {
  SocketOptionBit bit;
  FixedText<15> name;
};

constexpr std::array<OptionRow, 14> kRows{{{kOptionBind, "--bind"},
                                           {kOptionInterface, "--interface"},
                                           {kOptionTos, "--tos"},
                                           {kOptionTtl, "--ttl"},
                                           {kOptionDontFragment, "--df"},
                                           {kOptionReceiveBuffer, "--rcvbuf"},
                                           {kOptionSendBuffer, "--sndbuf"},
                                           {kOptionBusyPoll, "--busy-poll"},
                                           {kOptionMss, "--mss"},
                                           {kOptionKeepalive, "--keepalive"},
                                           {kOptionNagle, "--nagle"},
                                           {kOptionMark, "--fwmark"},
                                           {kOptionClose, "--close"},
                                           {kOptionFraming, "--framing"}}};

/// Sets options of one socket; a refusal names the command-line option that asked for it.
class Setter {
 public:
  Setter(int fd, std::string_view subject) : fd_{fd}, subject_{subject} {}

  void set(std::string_view option, int level, int name, int value) const {
    if (!try_set(level, name, value)) fail(option);
  }
  [[nodiscard]] bool try_set(int level, int name, int value) const noexcept {
    return ::setsockopt(fd_, level, name, &value, sizeof value) == 0;
  }
  void set_device(std::string_view option, const std::string& device) const {
    const auto size = static_cast<socklen_t>(device.size());
    if (::setsockopt(fd_, SOL_SOCKET, SO_BINDTODEVICE, device.data(), size) != 0) fail(option);
  }
  /// Returns 0 if the kernel does not tell.
  [[nodiscard]] std::uint64_t get(int level, int name) const noexcept {
    int value = 0;
    socklen_t size = sizeof value;
    const bool told = ::getsockopt(fd_, level, name, &value, &size) == 0 && value > 0;
    return told ? static_cast<std::uint64_t>(value) : 0;
  }
  [[noreturn]] void fail(std::string_view option) const {
    const int error = errno;
    throw SysError{"setsockopt " + std::string{option}, std::string{subject_}, error};
  }

 private:
  int fd_;
  std::string_view subject_;
};

int clamp_to_int(std::uint64_t value) noexcept {
  // The kernel doubles buffer sizes; half of INT_MAX is the most that survives that.
  constexpr std::uint64_t kMost = std::numeric_limits<int>::max() / 2;
  return static_cast<int>(std::min(value, kMost));
}

/// Rounds up to whole seconds: the kernel's keepalive knows no fractions and refuses 0.
int keepalive_seconds(Duration duration) noexcept {
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(duration).count();
  return static_cast<int>(std::clamp<std::int64_t>(seconds, 1, 32767));
}

int discover_value(DontFragment mode) noexcept {
  switch (mode) {
    case DontFragment::allow:
      return IP_PMTUDISC_DONT;
    case DontFragment::want:
      return IP_PMTUDISC_WANT;
    case DontFragment::force:
      return IP_PMTUDISC_DO;
    case DontFragment::probe:
      return IP_PMTUDISC_PROBE;
  }
  return IP_PMTUDISC_WANT;
}

void apply_ip(const Setter& setter, int family, const SocketOptions& options,
              SocketOptionSet wanted) {
  const bool v6 = family == AF_INET6;
  const int level = v6 ? IPPROTO_IPV6 : IPPROTO_IP;
  if ((wanted & kOptionTos) != 0) {
    setter.set("--tos", level, v6 ? IPV6_TCLASS : IP_TOS, *options.tos);
  }
  if ((wanted & kOptionTtl) != 0) {
    setter.set("--ttl", level, v6 ? IPV6_UNICAST_HOPS : IP_TTL, *options.ttl);
  }
  if ((wanted & kOptionDontFragment) != 0) {
    static_assert(IP_PMTUDISC_DO == IPV6_PMTUDISC_DO && IP_PMTUDISC_PROBE == IPV6_PMTUDISC_PROBE);
    setter.set("--df", level, v6 ? IPV6_MTU_DISCOVER : IP_MTU_DISCOVER,
               discover_value(*options.dont_fragment));
  }
}

struct BufferOption {
  std::string_view option;
  int force;
  int plain;
  std::string_view limit;  ///< The setting that cuts the plain variant, without a word.
};

/// The FORCE variant exceeds the system's maximum, for who may; the plain one is cut to it.
void apply_buffer(const Setter& setter, const BufferOption& buffer, std::uint64_t bytes,
                  const SocketNotes& notes) {
  const int value = clamp_to_int(bytes);
  if (setter.try_set(SOL_SOCKET, buffer.force, value)) return;
  setter.set(buffer.option, SOL_SOCKET, buffer.plain, value);
  // The kernel doubles what it is given, for its own administration, and tells the double.
  const std::uint64_t got = setter.get(SOL_SOCKET, buffer.plain) / 2;
  if (got >= bytes || notes.warn == nullptr) return;
  notes.warn(std::string{buffer.option} + ": the kernel gave " + format_size(got) + " of " +
             format_size(bytes) + ", the most that " + std::string{buffer.limit} +
             " allows without CAP_NET_ADMIN");
}

void apply_buffers(const Setter& setter, const SocketOptions& options, SocketOptionSet wanted) {
  if ((wanted & kOptionReceiveBuffer) != 0) {
    apply_buffer(setter, {"--rcvbuf", SO_RCVBUFFORCE, SO_RCVBUF, "net.core.rmem_max"},
                 *options.receive_buffer_bytes, options.notes);
  }
  if ((wanted & kOptionSendBuffer) != 0) {
    apply_buffer(setter, {"--sndbuf", SO_SNDBUFFORCE, SO_SNDBUF, "net.core.wmem_max"},
                 *options.send_buffer_bytes, options.notes);
  }
}

void apply_tcp(const Setter& setter, const SocketOptions& options, SocketOptionSet wanted) {
  if ((wanted & kOptionMss) != 0) {
    setter.set("--mss", IPPROTO_TCP, TCP_MAXSEG, *options.mss_bytes);
  }
  if ((wanted & kOptionKeepalive) != 0) {
    const Keepalive& keepalive = *options.keepalive;
    setter.set("--keepalive", SOL_SOCKET, SO_KEEPALIVE, 1);
    if (keepalive.idle) {
      setter.set("--keepalive", IPPROTO_TCP, TCP_KEEPIDLE, keepalive_seconds(*keepalive.idle));
    }
    if (keepalive.interval) {
      setter.set("--keepalive", IPPROTO_TCP, TCP_KEEPINTVL, keepalive_seconds(*keepalive.interval));
    }
    if (keepalive.count) setter.set("--keepalive", IPPROTO_TCP, TCP_KEEPCNT, *keepalive.count);
  }
}

}  // namespace

SocketOptionSet requested(const SocketOptions& options) noexcept {
  SocketOptionSet set = 0;
  const auto add = [&set](bool present, SocketOptionBit bit) {
    if (present) set |= bit;
  };
  add(options.bind.has_value(), kOptionBind);
  add(options.interface.has_value(), kOptionInterface);
  add(options.tos.has_value(), kOptionTos);
  add(options.ttl.has_value(), kOptionTtl);
  add(options.dont_fragment.has_value(), kOptionDontFragment);
  add(options.receive_buffer_bytes.has_value(), kOptionReceiveBuffer);
  add(options.send_buffer_bytes.has_value(), kOptionSendBuffer);
  add(options.busy_poll.has_value(), kOptionBusyPoll);
  add(options.mss_bytes.has_value(), kOptionMss);
  add(options.keepalive.has_value(), kOptionKeepalive);
  add(options.nagle, kOptionNagle);
  add(options.mark.has_value(), kOptionMark);
  add(options.reset_on_close, kOptionClose);
  add(options.framing.has_value(), kOptionFraming);
  return set;
}

std::vector<std::string_view> option_names(SocketOptionSet set) {
  std::vector<std::string_view> names;
  for (const OptionRow& row : kRows) {
    if ((set & row.bit) != 0) names.push_back(row.name);
  }
  return names;
}

void set_needed(int fd, const NamedOption& option, int value, std::string_view subject) {
  checked("setsockopt " + std::string{option.text}, subject,
          [&] { return ::setsockopt(fd, option.level, option.name, &value, sizeof value); });
}

void set_if_possible(int fd, const NamedOption& option, int value, std::string_view subject,
                     const SocketNotes& notes) {
  if (::setsockopt(fd, option.level, option.name, &value, sizeof value) == 0) return;
  const int error = errno;
  if (notes.debug == nullptr) return;
  notes.debug(std::string{subject} + ": does without " + std::string{option.text} + ": " +
              errno_text(error) + " (" + errno_name(error) + ")");
}

void apply(int fd, int family, const SocketOptions& options, SocketOptionSet honoured,
           std::string_view subject) {
  const Setter setter{fd, subject};
  const SocketOptionSet wanted = requested(options) & honoured;
  if ((wanted & kOptionInterface) != 0) setter.set_device("--interface", *options.interface);
  if ((wanted & kOptionMark) != 0) {
    setter.set("--fwmark", SOL_SOCKET, SO_MARK, static_cast<int>(*options.mark));
  }
  apply_buffers(setter, options, wanted);
  if ((wanted & kOptionBusyPoll) != 0) {
    const auto us = std::chrono::ceil<std::chrono::microseconds>(*options.busy_poll).count();
    setter.set("--busy-poll", SOL_SOCKET, SO_BUSY_POLL,
               clamp_to_int(static_cast<std::uint64_t>(std::max<std::int64_t>(us, 0))));
  }
  if (family == AF_INET || family == AF_INET6) apply_ip(setter, family, options, wanted);
  apply_tcp(setter, options, wanted);
  if ((wanted & kOptionClose) != 0) {
    const linger at_once{.l_onoff = 1, .l_linger = 0};
    if (::setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once) != 0) {
      setter.fail("--close");
    }
  }
  // On unless the user asks otherwise: small messages must not wait for an acknowledgement.
  if ((honoured & kOptionNagle) != 0 && !options.nagle) {
    set_if_possible(fd, NETECHO_SOCKET_OPTION(IPPROTO_TCP, TCP_NODELAY), 1, subject, options.notes);
  }
}

}  // namespace netecho
