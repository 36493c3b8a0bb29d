#include "core/send/stream_exchange.hpp"

#include <poll.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "core/base/buffer.hpp"
#include "core/base/clock.hpp"
#include "core/net/deadline.hpp"
#include "core/send/echo_verifier.hpp"

namespace netecho {
namespace {

using namespace std::chrono_literals;

/// After a whole echo, further bytes have so long to show that it was too long.
constexpr Duration kSurplusWait = 200ms;
constexpr Duration kProgressInterval = 100ms;
constexpr int kReadsBetweenWrites = 8;
/// While bytes move without a wait, signals and the deadline are checked this often.
constexpr unsigned kRoundsBetweenLooks = 64;

class StreamExchange {
 public:
  StreamExchange(ByteChannel& channel, PayloadSource& payload, const ExchangeOptions& options)
      : channel_{channel},
        payload_{payload},
        options_{options},
        verifier_{payload},
        incoming_(kChunkBytes) {}

  ExchangeResult run();

 private:
  enum class Step : std::uint8_t { moved, stuck, decided };

  Step take_input();
  Step write();
  Step read();
  Step read_all();
  Step received(std::span<const std::byte> bytes);
  Step wait();
  Step finish_surplus();
  Step look(short source_events, Instant until);
  Step decide(ExchangeStatus status, int error = 0);
  Step on_peer_end(int error);
  void report_progress();

  [[nodiscard]] bool unsent() const { return !outgoing_.empty(); }
  [[nodiscard]] bool all_sent() const { return input_done_ && !unsent(); }
  [[nodiscard]] bool wants_input() const {
    return !input_done_ && !unsent() && !write_broken_ && verifier_.has_room();
  }
  [[nodiscard]] bool whole() const {
    return all_sent() && !write_broken_ && result_.received_bytes == result_.sent_bytes;
  }
  [[nodiscard]] Instant silence_ends() const;

  ByteChannel& channel_;
  PayloadSource& payload_;
  const ExchangeOptions& options_;
  EchoVerifier verifier_;
  Buffer incoming_;
  std::span<const std::byte> outgoing_;  ///< What is read from the source and not sent yet.
  bool input_done_ = false;
  bool input_ready_ = false;  ///< The source's descriptor was readable.
  bool shut_ = false;
  bool write_broken_ = false;  ///< The peer takes no more; what it echoed may still come.
  Instant started_ = monotonic_now();
  Instant first_sent_{};
  Instant last_received_{};
  Instant last_moved_ = started_;
  Instant last_reported_ = started_;
  ExchangeResult result_;
};

StreamExchange::Step StreamExchange::decide(ExchangeStatus status, int error) {
  result_.status = status;
  result_.error = error;
  if (last_received_ > first_sent_) result_.rtt = last_received_ - first_sent_;
  return Step::decided;
}

ExchangeResult StreamExchange::run() {
  unsigned rounds = 0;
  while (true) {
    const Step input = take_input();
    const Step written = write();
    const Step got = read_all();
    if (written == Step::decided || got == Step::decided) return result_;
    if (options_.expect == Expect::none && all_sent()) {
      static_cast<void>(options_.last ? finish_surplus() : decide(ExchangeStatus::ok));
      return result_;
    }
    if (options_.expect == Expect::echo && whole()) {
      static_cast<void>(options_.last ? finish_surplus() : decide(ExchangeStatus::ok));
      return result_;
    }
    report_progress();
    const bool moved = input == Step::moved || written == Step::moved || got == Step::moved;
    if (!moved && wait() == Step::decided) return result_;
    if (moved && ++rounds % kRoundsBetweenLooks == 0 && look(0, Instant::min()) == Step::decided) {
      return result_;
    }
  }
}

StreamExchange::Step StreamExchange::take_input() {
  if (!wants_input()) return Step::stuck;
  if (payload_.fd() >= 0 && !std::exchange(input_ready_, false)) return Step::stuck;
  outgoing_ = verifier_.sent(payload_.read(verifier_.space()));
  input_done_ = outgoing_.empty();
  last_moved_ = monotonic_now();  // However long the source took, the peer's time begins now.
  if (options_.expect != Expect::echo) verifier_.expect_nothing();
  return Step::moved;
}

StreamExchange::Step StreamExchange::write() {
  if (all_sent() && options_.half_close && !std::exchange(shut_, true)) channel_.shutdown_write();
  if (!unsent() || write_broken_) return Step::stuck;
  if (result_.sent_bytes == 0) first_sent_ = monotonic_now();
  const IoResult sent = channel_.write_some(outgoing_);
  if (sent.status == IoStatus::would_block) return Step::stuck;
  if (sent.status != IoStatus::ok) {
    const bool peer_left = sent.error == EPIPE || sent.error == ECONNRESET;
    if (!peer_left) return decide(ExchangeStatus::failed, sent.error);
    write_broken_ = true;
    return Step::moved;
  }
  outgoing_ = outgoing_.subspan(sent.bytes);
  result_.sent_bytes += sent.bytes;
  last_moved_ = monotonic_now();
  return Step::moved;
}

StreamExchange::Step StreamExchange::read() {
  const IoResult got = channel_.read_some(incoming_);
  if (got.status == IoStatus::would_block) return Step::stuck;
  if (got.status == IoStatus::ok) {
    return received(std::span<const std::byte>{incoming_}.first(got.bytes));
  }
  return on_peer_end(got.status == IoStatus::failed ? got.error : 0);
}

/// What has come back is taken before more is sent: in short queues bytes are copied and compared
/// while the cache still has them.
StreamExchange::Step StreamExchange::read_all() {
  Step got = read();
  for (int more = kReadsBetweenWrites - 1; got == Step::moved && more > 0; --more) {
    const Step next = read();
    if (next == Step::stuck) break;
    got = next;
  }
  return got;
}

StreamExchange::Step StreamExchange::on_peer_end(int error) {
  switch (options_.expect) {
    case Expect::any:
      return decide(result_.received_bytes != 0 ? ExchangeStatus::ok : ExchangeStatus::too_short,
                    error);
    case Expect::none:
      return decide(all_sent() ? ExchangeStatus::ok : ExchangeStatus::too_short, error);
    case Expect::echo:
      break;
  }
  // The source may be at its end, too, and not have been asked yet.
  pollfd source{payload_.fd(), POLLIN, 0};
  if (wants_input() && (payload_.fd() < 0 || ::poll(&source, 1, 0) == 1)) {
    input_ready_ = true;
    static_cast<void>(take_input());
  }
  return decide(whole() ? ExchangeStatus::ok : ExchangeStatus::too_short, error);
}

StreamExchange::Step StreamExchange::received(std::span<const std::byte> bytes) {
  if (options_.expect == Expect::none) return Step::moved;
  last_received_ = last_moved_ = monotonic_now();
  result_.received_bytes += bytes.size();
  if (options_.expect == Expect::any) {
    if (options_.on_reply) options_.on_reply(bytes);
    return Step::moved;
  }
  const auto differs = verifier_.verify(bytes);
  if (options_.on_reply) options_.on_reply(bytes);
  if (!differs) return Step::moved;
  result_.offset = *differs;
  return decide(*differs >= verifier_.sent_bytes() ? ExchangeStatus::too_long
                                                   : ExchangeStatus::mismatch);
}

/// Says when the lack of a reply becomes a time-out. A slow source alone never does.
Instant StreamExchange::silence_ends() const {
  const bool waits_for_any = options_.expect == Expect::any && all_sent();
  const bool unanswered =
      options_.expect == Expect::echo && result_.received_bytes < result_.sent_bytes;
  // A server that answers only at the end of input says nothing before. But the end will not come
  // once there is no room to get there.
  const bool too_early = options_.half_close && !input_done_ && verifier_.has_room();
  if (!unsent() && !waits_for_any && (!unanswered || too_early)) return kNever;
  return deadline_after(last_moved_, options_.timeout);
}

StreamExchange::Step StreamExchange::wait() {
  const Instant until = std::min(options_.deadline, silence_ends());
  return look(wants_input() && payload_.fd() >= 0 ? POLLIN : 0, until);
}

/// Polls until something may move; an `until` in the past only looks.
StreamExchange::Step StreamExchange::look(short source_events, Instant until) {
  const bool only_look = until == Instant::min();
  const auto socket_events =
      static_cast<short>(POLLIN | (unsent() && !write_broken_ ? POLLOUT : 0));
  std::array<pollfd, 3> watched{{{options_.interrupt_fd, POLLIN, 0},
                                 {channel_.fd(), socket_events, 0},
                                 {source_events != 0 ? payload_.fd() : -1, source_events, 0}}};
  poll_until(watched, only_look ? monotonic_now() : until);
  if (watched[0].revents != 0) return decide(ExchangeStatus::interrupted);
  if (watched[2].revents != 0) input_ready_ = true;
  const Instant now = monotonic_now();
  if (now >= options_.deadline) return decide(ExchangeStatus::timeout);
  const bool ready = watched[1].revents != 0 || watched[2].revents != 0;
  if (only_look ? now < silence_ends() : ready) return Step::moved;
  const bool answered = options_.expect == Expect::any && all_sent() && result_.received_bytes != 0;
  return decide(answered ? ExchangeStatus::ok : ExchangeStatus::timeout);
}

/// Tells the peer that this is the end, and checks whether it has more to say.
StreamExchange::Step StreamExchange::finish_surplus() {
  if (!std::exchange(shut_, true)) channel_.shutdown_write();
  const Instant until = std::min(options_.deadline, monotonic_now() + kSurplusWait);
  do {
    const IoResult got = channel_.read_some(incoming_);
    if (got.status == IoStatus::ok && options_.expect == Expect::echo) {
      result_.received_bytes += got.bytes;
      if (options_.on_reply) {
        options_.on_reply(std::span<const std::byte>{incoming_}.first(got.bytes));
      }
      result_.offset = result_.sent_bytes;
      return decide(ExchangeStatus::too_long);
    }
    if (got.status == IoStatus::closed || got.status == IoStatus::failed) break;
    if (got.status == IoStatus::ok) continue;
    std::array<pollfd, 2> watched{{{options_.interrupt_fd, POLLIN, 0}, {channel_.fd(), POLLIN, 0}}};
    if (poll_until(watched, until) == 0 || watched[0].revents != 0) break;
  } while (monotonic_now() < until);
  return decide(ExchangeStatus::ok);
}

void StreamExchange::report_progress() {
  if (!options_.on_progress || last_moved_ - last_reported_ < kProgressInterval) return;
  last_reported_ = last_moved_;
  options_.on_progress(result_.sent_bytes, result_.received_bytes);
}

}  // namespace

ExchangeResult exchange_stream(ByteChannel& channel, PayloadSource& payload,
                               const ExchangeOptions& options) {
  return StreamExchange{channel, payload, options}.run();
}

}  // namespace netecho
