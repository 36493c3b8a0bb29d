#include "core/serve/impaired_stream.hpp"

#include <sys/epoll.h>

#include <algorithm>

namespace netecho {
namespace {

/// With `rate`, one read takes at most what the link sends in a hundredth of a second …
constexpr std::uint64_t kReadsPerSecond = 100;
/// … but this much, or a slow link would cost a system call a byte.
constexpr std::size_t kSmallestRead = 64;
/// So many parts are sent in a row before others get their turn.
constexpr int kPartsPerEvent = 16;

ImpairmentSpec stream_part(ImpairmentSpec spec) noexcept {
  spec.loss = spec.dup = spec.reorder = 0;
  return spec;
}

}  // namespace

void ImpairedStream::start(const ServedEndpoint& endpoint, const EndpointImpairment& impairment,
                           ConnectionPermit permit, ByteChannel channel) {
  auto alarm = std::make_unique<Alarm>(endpoint.shared.reactor);
  new ImpairedStream{endpoint, impairment, std::move(permit), std::move(channel), std::move(alarm)};
}

ImpairedStream::ImpairedStream(const ServedEndpoint& endpoint, const EndpointImpairment& impairment,
                               ConnectionPermit permit, ByteChannel channel,
                               std::unique_ptr<Alarm> alarm)
    : StreamConnection{endpoint, std::move(permit), std::move(channel)},
      spec_{stream_part(impairment.spec)},
      endpoint_number_{impairment.endpoint},
      first_ordinal_{EndpointImpairment::first_ordinal(endpoint.stats.accepted_total - 1)},
      queue_{spec_, *endpoint_.impaired_total, shared_.impaired_bytes},
      alarm_{std::move(alarm)} {
  alarm_->calls([this] { send(); });
}

bool ImpairedStream::may_read() const noexcept {
  return state_ == State::open && !blocked_ && queue_.has_room(shared_.now());
}

std::size_t ImpairedStream::bite_of_link() const noexcept {
  if (spec_.rate == 0) return bite();
  return std::clamp<std::size_t>(spec_.rate / kReadsPerSecond, kSmallestRead, bite());
}

void ImpairedStream::on_events(std::uint32_t events) noexcept {
  if (state_ == State::lingering) return discard();
  if (may_read()) return read();
  if ((events & (EPOLLHUP | EPOLLERR)) != 0) {
    return finish(CloseReason::reset);  // Nobody is there to get what is under way.
  }
  send();
}

void ImpairedStream::read() noexcept {
  std::span<std::byte> ready;
  switch (receive(bite_of_link(), ready)) {
    case Received::nothing:
      return send();
    case Received::gone:
      return;
    case Received::refused:
      return refuse();
    case Received::peer_done:
      return on_peer_done();
    case Received::bytes:
      return pass_on(ready);
  }
}

void ImpairedStream::pass_on(std::span<const std::byte> bytes) noexcept {
  if (take(bytes)) send();
}

bool ImpairedStream::take(std::span<const std::byte> bytes) noexcept {
  if (bytes.empty()) return true;
  const Duration delay = fate(spec_, endpoint_number_, first_ordinal_ + parts_++).delay;
  ImpairedMessage* const part = queue_.push_part(bytes, monotonic_now(), delay);
  if (part == nullptr) {
    finish_without_memory();
    return false;
  }
  part->corrupted =
      corrupt_stream(part->bytes(), position_, spec_, endpoint_number_, first_ordinal_);
  position_ += bytes.size();
  return true;
}

void ImpairedStream::send() noexcept {
  const Instant now = monotonic_now();
  blocked_ = false;
  for (int i = 0; i < kPartsPerEvent && !blocked_; ++i) {
    ImpairedMessage* const part = queue_.due(now);
    if (part == nullptr) break;
    const IoResult sent = channel_.write_some(part->bytes().subspan(part->begin));
    if (sent.status == IoStatus::failed) return finish_failed(sent.error);
    if (sent.status == IoStatus::ok) {
      count_sent(sent.bytes);
      part->begin += sent.bytes;
    }
    blocked_ = part->begin < part->bytes().size();
    if (!blocked_) queue_.gone(ImpairedQueue::Outcome::sent);
  }
  if (queue_.empty() && state_ != State::open) return on_flushed();
  wait();
}

/// Waits for the socket, for the time, or for more to read.
void ImpairedStream::wait() noexcept {
  alarm_->set(blocked_ ? kNever : queue_.next_event());
  watch(blocked_ ? EPOLLOUT : may_read() ? EPOLLIN : 0U);
}

void ImpairedStream::begin_drain() noexcept {
  queue_.rush();
  if (state_ == State::open) {
    const bool recent = recently_active();
    state_ = State::draining;
    stop_holding();
    if (!take(framer_.release())) return;
    if (queue_.empty() && !recent && !close_loses()) return finish(CloseReason::drain);
  }
  send();
}

}  // namespace netecho
