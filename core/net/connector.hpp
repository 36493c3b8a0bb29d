#pragma once

/// \file
/// Connects to the first of several addresses that answers (RFC 8305, section 5), so that a family
/// or a host that swallows packets costs a quarter of a second and not the whole time-out.

#include <chrono>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "core/base/unique_fd.hpp"
#include "core/base/units.hpp"
#include "core/net/endpoint.hpp"
#include "core/net/socket_address.hpp"

namespace netecho {

/// The "Connection Attempt Delay" that RFC 8305 recommends.
inline constexpr Duration kConnectionAttemptDelay = std::chrono::milliseconds{250};

struct ConnectorOptions {
  SocketType type = SocketType::stream;  ///< stream or seqpacket.
  int protocol = 0;                      ///< SocketKind::protocol.
  Duration timeout = std::chrono::seconds{5};
  int interrupt_fd = -1;  ///< Readable: give up with `Interrupted`.
  std::string subject;    ///< The endpoint as typed, for messages.
  /// Sets options and binds, before connect(). An Error rules that address out, not the others;
  /// a usage Error ends everything. May be empty.
  std::function<void(int fd, const SocketAddress& peer)> prepare;
  Duration attempt_delay = kConnectionAttemptDelay;
};

struct Connected {
  UniqueFd fd;  ///< Non-blocking, close-on-exec.
  SocketAddress peer;
  Duration connect_time{};  ///< From this address's connect() to its completion.
};

/// Connects to the first of `addresses` that accepts. They are tried in order but for the families,
/// which alternate; the next one starts after the attempt delay, or as soon as one failed.
///
/// REQUIRES: at least one address. Throws Interrupted, or Error: of all failures the one that says
/// most (a refusal before an unreachable network); the time-out is ETIMEDOUT.
[[nodiscard]] Connected connect_first(std::span<const SocketAddress> addresses,
                                      const ConnectorOptions& options);

/// Whether the first of two failed attempts tells the user more: a refusal tells more than a
/// network without a way.
[[nodiscard]] bool says_more(int error, int other) noexcept;

/// Whether a socket is connected to itself: a connect() to a free port of this host may get that
/// very port as its own (simultaneous open, RFC 9293, section 3.5), and would echo perfectly.
/// Throws SysError.
[[nodiscard]] bool met_itself(int fd, const SocketAddress& peer);

/// The families take turns, beginning with that of the first address; inside a family the order
/// stays (RFC 8305, section 4, with a "First Address Family Count" of 1).
[[nodiscard]] std::vector<SocketAddress> interleave_families(
    std::span<const SocketAddress> addresses);

}  // namespace netecho
