#include "core/serve/stream_echo.hpp"

#include <sys/epoll.h>

#include <algorithm>
#include <cstring>
#include <new>

namespace netecho {
namespace {

/// A connection that was busy this recently may have bytes under way, so it gets a chance to see
/// our end before it is closed. A silent one is closed at once.
constexpr Duration kRecentlyActive = std::chrono::seconds{1};

}  // namespace

StreamConnection::StreamConnection(const ServedEndpoint& endpoint, ConnectionPermit permit,
                                   ByteChannel channel)
    : ServedConnection{endpoint, std::move(permit), channel.fd()}, channel_{std::move(channel)} {}

StreamConnection::~StreamConnection() {
  stop_holding();
}

void StreamConnection::on_events(std::uint32_t events) noexcept {
  if (state_ == State::lingering) return discard();
  if (unsent_ != nullptr) return flush();
  if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0) echo_once();
}

void StreamConnection::count_received(std::size_t bytes) noexcept {
  endpoint_.rx_bytes_total += bytes;
  count(bytes, 0);
}

void StreamConnection::count_sent(std::size_t bytes) noexcept {
  endpoint_.tx_bytes_total += bytes;
  count(0, bytes);
}

StreamConnection::Received StreamConnection::receive(std::size_t bite,
                                                     std::span<std::byte>& ready) noexcept {
  const std::span<std::byte> buffer{shared_.receive_buffer};
  const std::span<std::byte> gap = framer_.gap();
  std::size_t filled = gap.empty() ? put_held(buffer) : 0;
  const IoResult received = channel_.read_some(gap.empty() ? buffer.subspan(filled, bite)
                                                           : gap.first(std::min(gap.size(), bite)));
  if (received.status == IoStatus::would_block) return Received::nothing;
  if (received.status == IoStatus::closed) return Received::peer_done;
  if (received.status == IoStatus::failed) {
    finish_failed(received.error);
    return Received::gone;
  }
  count_received(received.bytes);
  if (gap.empty()) {
    filled += received.bytes;
  } else {
    framer_.filled(received.bytes);
    if (!framer_.gap().empty()) return Received::nothing;
    filled = put_held(buffer);
  }
  return treat(buffer.first(filled), ready);
}

/// Puts what is held in front of what is received next.
std::size_t StreamConnection::put_held(std::span<std::byte> buffer) const noexcept {
  const std::span<const std::byte> held = framer_.prefix();
  if (!held.empty()) std::memcpy(buffer.data(), held.data(), held.size());
  return held.size();
}

StreamConnection::Received StreamConnection::treat(std::span<std::byte> bytes,
                                                   std::span<std::byte>& ready) noexcept {
  ready = bytes;
  if (plain()) return Received::bytes;
  const FeedResult fed = stamp(bytes);
  ready = bytes.first(fed.ready_bytes);
  switch (fed.end) {
    case FeedEnd::none:
      return Received::bytes;
    case FeedEnd::refused:
      return Received::refused;
    case FeedEnd::no_memory:
      finish_without_memory();
      break;
  }
  return Received::gone;
}

std::size_t StreamConnection::bite() const noexcept {
  return shared_.reactor.pending_events() == 0 ? kReadBytes : kReadBytesWhileOthersWait;
}

void StreamConnection::echo_once() noexcept {
  std::span<std::byte> ready;
  const Received received = receive(bite(), ready);
  if (received == Received::peer_done) return on_peer_done();
  if (received == Received::bytes) static_cast<void>(send_or_keep(ready));
  if (received == Received::refused) {
    // What was in order before it is answered, if the socket takes it at once.
    const IoResult sent = channel_.write_some(ready);
    if (sent.status == IoStatus::ok) count_sent(sent.bytes);
    refuse();
  }
}

void StreamConnection::refuse() noexcept {
  ++endpoint_.dropped_total[static_cast<std::size_t>(DropReason::auth)];
  finish(CloseReason::auth);
}

FeedResult StreamConnection::stamp(std::span<std::byte> bytes) noexcept {
  shared_.stamps().begin(monotonic_now());
  const FeedResult fed = framer_.feed(bytes, shared_.stamps());
  endpoint_.frames_stamped_total += fed.frames_stamped;
  endpoint_.framing_lost_total += fed.framing_lost ? 1 : 0;
  // Nothing is ready, so the bytes held so far stay held, and their time runs on.
  if (fed.ready_bytes != 0) stop_holding();
  if (fed.ready_bytes != bytes.size()) start_holding();
  return fed;
}

bool StreamConnection::send_or_keep(std::span<const std::byte> bytes) noexcept {
  if (bytes.empty()) return true;
  const IoResult sent = channel_.write_some(bytes);
  if (sent.status == IoStatus::failed) {
    finish_failed(sent.error);
    return false;
  }
  const std::size_t taken = sent.status == IoStatus::ok ? sent.bytes : 0;
  if (taken != 0) count_sent(taken);
  return taken == bytes.size() || keep(bytes.subspan(taken));
}

bool StreamConnection::keep(std::span<const std::byte> bytes) noexcept {
  unsent_.reset(new (std::nothrow) std::byte[bytes.size()]);
  if (unsent_ == nullptr) {
    finish_without_memory();
    return false;
  }
  std::memcpy(unsent_.get(), bytes.data(), bytes.size());
  unsent_begin_ = 0;
  unsent_end_ = static_cast<std::uint32_t>(bytes.size());
  watch(EPOLLOUT);
  return begin_stall(bytes.size());
}

void StreamConnection::flush() noexcept {
  const IoResult sent =
      channel_.write_some({unsent_.get() + unsent_begin_, unsent_end_ - unsent_begin_});
  if (sent.status == IoStatus::would_block) return;
  if (sent.status != IoStatus::ok) return finish_failed(sent.error);
  count_sent(sent.bytes);
  unsent_begin_ += static_cast<std::uint32_t>(sent.bytes);
  if (unsent_begin_ < unsent_end_) return;
  unsent_.reset();
  end_stall();
  on_flushed();
}

void StreamConnection::on_flushed() noexcept {
  switch (state_) {
    case State::open:
      holding_since_ = shared_.now();  // The rest could not be read meanwhile.
      if (holding_index_ != kNotHolding) shared_.on_holding(held_until());
      return watch(EPOLLIN);
    case State::peer_done:
      channel_.shutdown_write();
      return finish(CloseReason::eof);
    case State::draining:
      if (!send_or_keep(framer_.release()) || unsent_ != nullptr) return;
      channel_.shutdown_write();
      state_ = State::lingering;
      return watch(EPOLLIN);
    case State::lingering:
      return;
  }
}

void StreamConnection::on_peer_done() noexcept {
  state_ = State::peer_done;
  stop_holding();
  if (framer_.withholds()) return refuse();
  pass_on(framer_.release());
}

void StreamConnection::pass_on(std::span<const std::byte> held) noexcept {
  if (send_or_keep(held) && unsent_ == nullptr && state_ != State::open) on_flushed();
}

void StreamConnection::discard() noexcept {
  const IoResult received = channel_.read_some(std::span{shared_.receive_buffer});
  if (received.status == IoStatus::would_block) return;
  if (received.status != IoStatus::ok) return finish(CloseReason::drain);
  touch();
}

bool StreamConnection::recently_active() const noexcept {
  return shared_.now() - last_active < kRecentlyActive;
}

void StreamConnection::begin_drain() noexcept {
  if (state_ != State::open) return;
  const bool recent = recently_active();
  state_ = State::draining;
  stop_holding();
  if (unsent_ != nullptr) return;
  if (!recent && !close_loses()) return finish(CloseReason::drain);  // Nothing is held, either.
  on_flushed();
}

void StreamConnection::release_held() noexcept {
  if (unsent_ != nullptr) return;  // Its place is behind those.
  stop_holding();
  if (framer_.withholds()) return refuse();
  pass_on(framer_.release());
}

void StreamConnection::start_holding() noexcept {
  if (holding_index_ != kNotHolding) return;
  holding_since_ = shared_.now();
  holding_index_ = static_cast<std::uint32_t>(shared_.open.holding.size());
  shared_.open.holding.push_back(this);
  shared_.on_holding(held_until());
}

void StreamConnection::stop_holding() noexcept {
  if (holding_index_ == kNotHolding) return;
  auto& holding = shared_.open.holding;
  holding.back()->holding_index_ = holding_index_;
  holding[holding_index_] = holding.back();
  holding.pop_back();
  holding_index_ = kNotHolding;
}

}  // namespace netecho
