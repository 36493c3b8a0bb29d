#pragma once

/// \file
/// Users can set these socket options; each kind of socket honors some of them.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/framing.hpp"
#include "core/base/units.hpp"

namespace netecho {

enum class DontFragment : std::uint8_t { allow, want, force, probe };  ///< dont, want, do, probe.

struct Keepalive {
  std::optional<Duration> idle;
  std::optional<Duration> interval;
  std::optional<int> count;
};

/// These are told what differs from what was asked for, without being an error. Null: nobody is
/// told.
struct SocketNotes {
  void (*warn)(const std::string& message) = nullptr;   ///< The user asked for more than there is.
  void (*debug)(const std::string& message) = nullptr;  ///< The kernel lacks what is done without.
};

/// An empty option leaves the system's default.
struct SocketOptions {
  std::optional<std::string> bind;  ///< ADDR[:PORT], `::1`, `[::1]:7`, or a unix path / @name.
  std::optional<std::string> interface;
  std::optional<int> tos;  ///< 0-255, from --tos or --dscp (DSCP × 4).
  std::optional<int> ttl;
  std::optional<DontFragment> dont_fragment;
  std::optional<std::uint64_t> receive_buffer_bytes;
  std::optional<std::uint64_t> send_buffer_bytes;
  std::optional<Duration> busy_poll;
  std::optional<int> mss_bytes;
  std::optional<Keepalive> keepalive;
  bool nagle = false;                 ///< TCP_NODELAY is on unless this is set.
  std::optional<std::uint32_t> mark;  ///< SO_MARK: what rules of routing and firewall go by.
  SocketNotes notes{};
  bool reset_on_close = false;  ///< close() ends a connection by RST, and no port waits after it.
  std::optional<Framing> framing{};  ///< None: ethernet2.
};

/// Capabilities have one bit for each option above.
enum SocketOptionBit : std::uint32_t {
  kOptionBind = 1U << 0,
  kOptionInterface = 1U << 1,
  kOptionTos = 1U << 2,
  kOptionTtl = 1U << 3,
  kOptionDontFragment = 1U << 4,
  kOptionReceiveBuffer = 1U << 5,
  kOptionSendBuffer = 1U << 6,
  kOptionBusyPoll = 1U << 7,
  kOptionMss = 1U << 8,
  kOptionKeepalive = 1U << 9,
  kOptionNagle = 1U << 10,
  kOptionMark = 1U << 11,
  kOptionClose = 1U << 12,
  kOptionFraming = 1U << 13,
};
using SocketOptionSet = std::uint32_t;

/// Returns which options the user set.
[[nodiscard]] SocketOptionSet requested(const SocketOptions& options) noexcept;
/// Returns `--tos`, `--nagle` …, for messages.
[[nodiscard]] std::vector<std::string_view> option_names(SocketOptionSet set);

/// netecho sets such an option by itself.
struct NamedOption {
  int level;
  int name;
  std::string_view text;  ///< "SO_RXQ_OVFL", for messages.
};
#define NETECHO_SOCKET_OPTION(level, name) (::netecho::NamedOption{(level), (name), #name})

/// Sets an option without which the socket would not do what is promised. Throws SysError
/// (operation "setsockopt NAME").
void set_needed(int fd, const NamedOption& option, int value, std::string_view subject);
/// Sets an option that a socket can do without; `notes` hears of a kernel that lacks it.
void set_if_possible(int fd, const NamedOption& option, int value, std::string_view subject,
                     const SocketNotes& notes);

/// Sets on `fd` those of `options` that are in `honoured`, before bind or connect; `bind` itself is
/// the backend's. Throws SysError (operation "setsockopt", with the option's name) on failure.
void apply(int fd, int family, const SocketOptions& options, SocketOptionSet honoured,
           std::string_view subject);

}  // namespace netecho
