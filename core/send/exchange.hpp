#pragma once

/// \file
/// `send` sends one payload over one connection. It reads the echo while it writes, and checks it
/// byte for byte in constant memory.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>

#include "core/base/units.hpp"
#include "core/net/icmp_error.hpp"
#include "core/seam/connection.hpp"

namespace netecho {

/// The payload comes from here.
class PayloadSource {
 public:
  virtual ~PayloadSource() = default;
  /// Reads the next bytes; 0 is the end. Blocks only if `fd()` is -1 or was readable. Throws Error
  /// (io).
  virtual std::size_t read(std::span<std::byte> into) = 0;
  /// This is to be polled before read(); -1: read() never blocks.
  [[nodiscard]] virtual int fd() const noexcept = 0;
  /// Reads the bytes at `offset` again, if the source can (a regular file, a literal); then the
  /// exchange keeps no copy. False: it cannot, now or ever, even with nothing to read.
  [[nodiscard]] virtual bool read_again(std::uint64_t offset, std::span<std::byte> into) {
    static_cast<void>(offset);
    static_cast<void>(into);
    return false;
  }
  [[nodiscard]] virtual std::optional<std::uint64_t> size() const { return std::nullopt; }
};

enum class Expect : std::uint8_t { echo, any, none };

struct ExchangeOptions {
  Expect expect = Expect::echo;
  Duration timeout =
      std::chrono::seconds{5};  ///< Without progress (streams), per reply (messages).
  Instant deadline = kNever;    ///< For everything.
  bool half_close = false;      ///< -N: at the end of input, before the echo is whole.
  /// On a stream: ends it afterwards, and checks for bytes too many. Else it stays for the next
  /// exchange.
  bool last = true;
  int interrupt_fd = -1;
  /// Called with every piece of the reply, in order, once verified or not; may throw Error (io).
  std::function<void(std::span<const std::byte>)> on_reply;
  /// Called about ten times a second with (sent, received); may be empty.
  std::function<void(std::uint64_t, std::uint64_t)> on_progress;
};

enum class ExchangeStatus : std::uint8_t {
  ok,
  timeout,      ///< Exit 5.
  mismatch,     ///< Other bytes: `offset` names the first.
  too_short,    ///< The peer closed or reset before the echo was whole.
  too_long,     ///< More bytes than were sent.
  refused,      ///< A datagram target answered with an ICMP error.
  interrupted,  ///< A signal is pending on interrupt_fd.
  failed,       ///< A socket call failed: `error`.
  not_sent,     ///< A message never left: `error`.
};

struct ExchangeResult {
  ExchangeStatus status = ExchangeStatus::ok;
  std::uint64_t sent_bytes = 0;
  std::uint64_t received_bytes = 0;
  bool answered = false;     ///< Something came back, be it an empty message.
  std::uint64_t offset = 0;  ///< Where the first difference is.
  int error = 0;
  std::optional<IcmpError> icmp{};               ///< What the network said, with `error`.
  Duration rtt{};                                ///< First byte sent to last byte received.
  std::optional<std::uint8_t> hop_limit{};       ///< With what the reply arrived, where known.
  std::optional<SocketDescription> elsewhere{};  ///< Who replied, if not who was asked.
};

/// Runs one exchange over a stream or a message connection. Throws Error only from the payload
/// source or on_reply.
[[nodiscard]] ExchangeResult exchange(Connection& connection, PayloadSource& payload,
                                      const ExchangeOptions& options);

}  // namespace netecho
