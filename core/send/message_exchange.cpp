#include "core/send/message_exchange.hpp"

#include <poll.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "core/base/buffer.hpp"
#include "core/base/clock.hpp"
#include "core/net/deadline.hpp"

namespace netecho {
namespace {

constexpr std::size_t kMinReplyBytes = 65'536;

std::vector<std::byte> read_all(PayloadSource& payload) {
  std::vector<std::byte> bytes;
  Buffer chunk(256 * 1024);
  while (true) {
    const std::size_t got = payload.read(chunk);
    if (got == 0) return bytes;
    bytes.insert(bytes.end(), chunk.begin(), chunk.begin() + got);
  }
}

ExchangeStatus status_of(int error) {
  switch (error) {
    case ECONNREFUSED:
      return ExchangeStatus::refused;
    case EPIPE:  // The peer of a record connection is gone.
    case ECONNRESET:
      return ExchangeStatus::too_short;
    default:
      return ExchangeStatus::failed;
  }
}

enum class Waited : std::uint8_t { ready, timeout, interrupted };

Waited wait_for(int fd, short events, Instant until, int interrupt_fd) {
  std::array<pollfd, 2> watched{{{interrupt_fd, POLLIN, 0}, {fd, events, 0}}};
  poll_until(watched, until);
  if (watched[0].revents != 0) return Waited::interrupted;
  return watched[1].revents != 0 ? Waited::ready : Waited::timeout;
}

class MessageExchange {
 public:
  MessageExchange(MessagePort& port, PayloadSource& payload, const ExchangeOptions& options)
      : port_{port},
        options_{options},
        message_{read_all(payload)},
        outgoing_{1, std::max<std::size_t>(1, message_.size())},
        // One byte more than was sent shows a reply that is too long.
        incoming_{1, std::max(kMinReplyBytes, message_.size() + 1)} {}

  ExchangeResult run() {
    discard_leftovers();
    until_ = std::min(options_.deadline, deadline_after(monotonic_now(), options_.timeout));
    if (!send()) return result_;
    if (options_.expect == Expect::none) return ended(ExchangeStatus::ok);
    while (!receive()) {
      switch (wait_for(port_.fd(), POLLIN, until_, options_.interrupt_fd)) {
        case Waited::ready:
          continue;
        case Waited::timeout:
          return ended(ExchangeStatus::timeout);
        case Waited::interrupted:
          return ended(ExchangeStatus::interrupted);
      }
    }
    return result_;
  }

 private:
  ExchangeResult ended(ExchangeStatus status, int error = 0) {
    result_.status = status;
    result_.error = error;
    result_.rtt = received_at_ - sent_at_;
    return result_;
  }

  /// Late replies to an earlier message are not this one's.
  void discard_leftovers() {
    for (int i = 0; i < 64; ++i) {
      if (port_.receive(incoming_).status != IoStatus::ok) return;
    }
  }

  bool send() {
    Slot& slot = outgoing_.slots().front();
    slot = Slot{};
    slot.data = outgoing_.storage(0);
    slot.size = static_cast<std::uint32_t>(message_.size());
    if (!message_.empty()) std::memcpy(slot.data, message_.data(), message_.size());
    outgoing_.count = 1;
    outgoing_.next = 0;
    while (outgoing_.next < outgoing_.count) {
      const BatchResult sent = port_.send(outgoing_);
      if (sent.status == IoStatus::closed) return fail(ExchangeStatus::too_short, EPIPE);
      if (sent.status == IoStatus::failed && sent.error != EAGAIN && sent.error != ENOBUFS) {
        const ExchangeStatus status = status_of(sent.error);
        return fail(status == ExchangeStatus::failed ? ExchangeStatus::not_sent : status,
                    sent.error);
      }
      if (sent.status == IoStatus::ok) continue;
      switch (wait_for(port_.fd(), POLLOUT, until_, options_.interrupt_fd)) {
        case Waited::ready:
          continue;
        case Waited::timeout:
          return fail(ExchangeStatus::timeout, 0);
        case Waited::interrupted:
          return fail(ExchangeStatus::interrupted, 0);
      }
    }
    sent_at_ = received_at_ = slot.at;
    result_.sent_bytes = message_.size();
    return true;
  }

  bool fail(ExchangeStatus status, int error) {
    static_cast<void>(ended(status, error));
    return false;
  }

  /// True once the exchange is decided.
  bool receive() {
    const BatchResult got = port_.receive(incoming_);
    if (got.status == IoStatus::would_block) return false;
    if (got.status == IoStatus::closed) {
      static_cast<void>(ended(ExchangeStatus::too_short));
      return true;
    }
    if (got.status == IoStatus::failed) {
      static_cast<void>(ended(status_of(got.error), got.error));
      return true;
    }
    const Slot& reply = incoming_.slots().front();
    if (reply.error != 0) {
      if (reply.icmp != nullptr) result_.icmp = *reply.icmp;
      static_cast<void>(ended(status_of(reply.error), reply.error));
      return true;
    }
    const std::span<const std::byte> bytes{reply.data, reply.size};
    // A stranger's message that is no echo is not an answer to this one.
    if (reply.elsewhere && compare(bytes) != ExchangeStatus::ok) return false;
    received_at_ = reply.at;
    tell_origin(reply);
    result_.received_bytes = reply.size;
    result_.answered = true;
    if (options_.on_reply) options_.on_reply(bytes);
    static_cast<void>(ended(compare(bytes)));
    return true;
  }

  void tell_origin(const Slot& reply) {
    if (reply.hop_limit != 0) result_.hop_limit = reply.hop_limit;
    Senders* const senders = port_.features().senders;
    if (reply.elsewhere && senders != nullptr) result_.elsewhere = senders->sender(0);
  }

  ExchangeStatus compare(std::span<const std::byte> reply) {
    if (options_.expect == Expect::any) return ExchangeStatus::ok;
    const std::size_t common = std::min(reply.size(), message_.size());
    const auto differs = std::mismatch(
        reply.begin(), reply.begin() + static_cast<std::ptrdiff_t>(common), message_.begin());
    result_.offset = static_cast<std::uint64_t>(differs.first - reply.begin());
    if (result_.offset < common) return ExchangeStatus::mismatch;
    if (reply.size() < message_.size()) return ExchangeStatus::too_short;
    return reply.size() > message_.size() ? ExchangeStatus::too_long : ExchangeStatus::ok;
  }

  MessagePort& port_;
  const ExchangeOptions& options_;
  std::vector<std::byte> message_;
  Batch outgoing_;
  Batch incoming_;
  Instant until_{};
  Instant sent_at_{};
  Instant received_at_{};
  ExchangeResult result_;
};

}  // namespace

ExchangeResult exchange_message(MessagePort& port, PayloadSource& payload,
                                const ExchangeOptions& options) {
  return MessageExchange{port, payload, options}.run();
}

}  // namespace netecho
