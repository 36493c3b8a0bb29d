#include "protocols/message/datagram_client.hpp"

#include <netinet/in.h>
#include <netinet/udp.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "core/base/clock.hpp"
#include "protocols/message/failed_send.hpp"

namespace netecho {
namespace {

constexpr int kErrorRetries = 8;
/// An error that no call reports (its number was taken by another call) would keep the descriptor
/// ready: every so many empty calls the queue is looked at anyway.
constexpr unsigned kIdleCallsPerErrorCheck = 64;

void fill(Slot& slot, std::byte* data, std::size_t size, Instant at) noexcept {
  slot = {};
  slot.data = data;
  slot.size = static_cast<std::uint32_t>(size);
  slot.at = at;
}

/// Returns the segment size of a train; else 0.
std::uint32_t segment_size(msghdr& header) noexcept {
  for (cmsghdr* c = CMSG_FIRSTHDR(&header); c != nullptr; c = CMSG_NXTHDR(&header, c)) {
    if (c->cmsg_level != IPPROTO_UDP || c->cmsg_type != UDP_GRO) continue;
    int size = 0;
    std::memcpy(&size, CMSG_DATA(c), sizeof size);
    return static_cast<std::uint32_t>(std::max(size, 0));
  }
  return 0;
}

}  // namespace

DatagramClient::DatagramClient(UniqueFd fd, Config config)
    : fd_{std::move(fd)}, config_{std::move(config)}, may_move_{config_.peers.size() > 1} {
  if (may_move_) sent_.emplace();
}

/// Plain recv(): recvmmsg() looks for a second message before it returns the first.
int DatagramClient::receive_one(Batch& batch) noexcept {
  iovec payload{batch.storage(0), batch.slot_bytes()};
  msghdr header{};
  header.msg_iov = &payload;
  header.msg_iovlen = 1;
  alignas(cmsghdr) std::array<std::byte, KernelStamps::kControlBytes> control;
  if (stamps_ || trains_) {
    header.msg_control = control.data();
    header.msg_controllen = control.size();
  }
  const ssize_t got = ::recvmsg(fd_.get(), &header, MSG_DONTWAIT);
  const Instant at = monotonic_now();
  if (got < 0) return -1;
  Slot& slot = batch.slots()[0];
  fill(slot, batch.storage(0), static_cast<std::size_t>(got), at);
  slot.truncated = (header.msg_flags & MSG_TRUNC) != 0;
  if (stamps_) slot.kernel_at = KernelStamps::received(header);
  if (trains_) slot.segment_size = segment_size(header);
  // Messages that were joined are one to the kernel; the next ones are so, too, as it seems.
  if (slot.segment_size == 0) expected_.one_found();
  return 1;
}

int DatagramClient::receive_many(Batch& batch) noexcept {
  const std::size_t slots = std::min(batch.slots().size(), kSlots);
  std::array<mmsghdr, kSlots> headers;
  std::array<iovec, kSlots> payloads;
  std::array<SegmentControl, kSlots> controls;
  for (std::size_t i = 0; i < slots; ++i) {
    payloads[i] = {batch.storage(i), batch.slot_bytes()};
    headers[i] = {};
    headers[i].msg_hdr.msg_iov = &payloads[i];
    headers[i].msg_hdr.msg_iovlen = 1;
    if (!trains_) continue;
    headers[i].msg_hdr.msg_control = controls[i].bytes.data();
    headers[i].msg_hdr.msg_controllen = controls[i].bytes.size();
  }
  const int got =
      ::recvmmsg(fd_.get(), headers.data(), static_cast<unsigned>(slots), MSG_DONTWAIT, nullptr);
  const Instant at = monotonic_now();
  if (got < 0 && errno == ENOSYS) {
    has_batch_calls_ = false;
    return receive_one(batch);
  }
  expected_.found(got);
  for (std::size_t i = 0; i < static_cast<std::size_t>(std::max(got, 0)); ++i) {
    Slot& slot = batch.slots()[i];
    fill(slot, batch.storage(i), headers[i].msg_len, at);
    slot.truncated = (headers[i].msg_hdr.msg_flags & MSG_TRUNC) != 0;
    if (trains_) slot.segment_size = segment_size(headers[i].msg_hdr);
    if (slot.segment_size != 0) expected_.none_found();
  }
  return got;
}

BatchResult DatagramClient::receive(Batch& batch) noexcept {
  batch.count = 0;
  batch.next = 0;
  for (int attempt = 0;;) {
    if (errors_pending_) {
      batch.count = read_errors(batch, 0);
      if (batch.count > 0) return {IoStatus::ok, batch.count, 0};
    }
    // Each message has a stamp of its own to be read: with stamps they come one by one.
    const bool one = expected_.one() || !has_batch_calls_ || stamps_;
    const int got = one ? receive_one(batch) : receive_many(batch);
    if (got > 0) {
      may_move_ = false;
      answered_ = true;
      idle_calls_ = 0;
      batch.count = static_cast<std::size_t>(got);
      // Stamps of what was sent lie among the errors. Read behind T4.
      if (stamps_) batch.count = read_errors(batch, batch.count);
      return {IoStatus::ok, batch.count, 0};
    }
    const int error = errno;
    expected_.none_found();
    if (error == EINTR) continue;
    if (error == EAGAIN && stamps_) {
      batch.count = read_errors(batch, 0);
      if (batch.count > 0) return {IoStatus::ok, batch.count, 0};
    }
    if (error == EAGAIN) {
      if (++idle_calls_ % kIdleCallsPerErrorCheck == 0 && config_.family == DatagramFamily::ip) {
        errors_pending_ = true;
      }
      return {IoStatus::would_block, 0, 0};
    }
    if (config_.family != DatagramFamily::ip || ++attempt == kErrorRetries) {
      return {IoStatus::failed, 0, error};
    }
    errors_pending_ = true;
  }
}

/// Fills slots from `count` on with errors and their quoted payloads; returns the new count.
std::size_t DatagramClient::read_errors(Batch& batch, std::size_t count) noexcept {
  std::size_t errors = 0;
  while (count < batch.slots().size() && errors < icmp_errors_.size()) {
    const std::span storage{batch.storage(count), batch.slot_bytes()};
    iovec into{storage.data(), storage.size()};
    QuotedError quoted;
    if (!read_queued_error(fd_.get(), stamps_ ? &*stamps_ : nullptr, {&into, 1}, quoted)) {
      errors_pending_ = false;
      break;
    }
    if (!quoted.icmp || quoted.error == 0) continue;
    if (try_next_peer(quoted, storage.first(quoted.bytes))) continue;
    Slot& slot = batch.slots()[count++];
    fill(slot, storage.data(), quoted.bytes, monotonic_now());
    slot.error = quoted.error;
    slot.icmp = &(icmp_errors_[errors++] = *quoted.icmp);
    no_train_until_ = slot.at + kTrainsRest;
  }
  return count;
}

/// True if the refused message is on its way to another address, whole.
bool DatagramClient::try_next_peer(const QuotedError& quoted,
                                   std::span<const std::byte> payload) noexcept {
  if (!may_move_ || quoted.error != ECONNREFUSED) return false;
  const bool of_current_peer = quoted.destination == config_.peers[current_];
  if (of_current_peer && !connect_next()) {
    may_move_ = false;
    return false;
  }
  // What is quoted may have been cut on its way: a part of a message must not look like one.
  const auto whole = sent_->whole(payload);
  if (!whole) return false;
  // A refusal that is still pending is reported here once; the second call then sends.
  for (int attempt = 0; attempt < kErrorRetries; ++attempt) {
    if (::send(fd_.get(), whole->data(), whole->size(), MSG_DONTWAIT | MSG_NOSIGNAL) >= 0) {
      if (stamps_) stamps_->numbered(false);  // The probe's own stamp is that of its first copy.
      return true;
    }
    if (errno != EINTR && errno != ECONNREFUSED) return false;
  }
  return false;
}

bool DatagramClient::connect_next() noexcept {
  while (current_ + 1 < config_.peers.size()) {
    const SocketAddress& next = config_.peers[++current_];
    // Without this the source address that was picked for the last peer would stay.
    sockaddr none{};
    none.sa_family = AF_UNSPEC;
    static_cast<void>(::connect(fd_.get(), &none, sizeof none));
    if (::connect(fd_.get(), next.data(), next.size()) == 0) return true;
  }
  return false;
}

int DatagramClient::send_one(Slot& slot) noexcept {
  slot.at = monotonic_now();
  const bool left = ::send(fd_.get(), slot.data, slot.size, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0;
  // The firewall's refusal comes when the kernel has numbered it already.
  if (stamps_ && (left || errno == EPERM)) stamps_->numbered(left);
  return left ? 1 : -1;
}

int DatagramClient::send_many(Batch& batch, Outgoing& outgoing) noexcept {
  if (has_batch_calls_) {
    const Instant at = monotonic_now();
    const int sent =
        ::sendmmsg(fd_.get(), outgoing.headers.data(), static_cast<unsigned>(outgoing.messages),
                   MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent >= 0 || errno != ENOSYS) {
      for (std::size_t i = 0; i < static_cast<std::size_t>(std::max(sent, 0)); ++i) {
        batch.slots()[outgoing.slots[i]].at = at;
        if (stamps_) stamps_->numbered(true);
      }
      return sent;
    }
    has_batch_calls_ = false;
  }
  std::size_t sent = 0;
  while (sent < outgoing.messages && send_one(batch.slots()[outgoing.slots[sent]]) > 0) ++sent;
  return sent > 0 ? static_cast<int>(sent) : -1;
}

void DatagramClient::collect(const Batch& batch, Outgoing& outgoing) noexcept {
  std::size_t& messages = outgoing.messages = 0;
  for (std::size_t i = batch.next; i < batch.count && messages < kSlots; ++i) {
    const Slot& slot = const_cast<Batch&>(batch).slots()[i];
    if (slot.skip) continue;
    outgoing.payloads[messages] = {slot.data, slot.size};
    outgoing.headers[messages] = {};
    outgoing.headers[messages].msg_hdr.msg_iov = &outgoing.payloads[messages];
    outgoing.headers[messages].msg_hdr.msg_iovlen = 1;
    outgoing.slots[messages++] = i;
  }
}

/// Unix sockets have no trains. They take the option of stamps, and stamp nothing.
Features DatagramClient::features() noexcept {
  DatagramClient* const over_ip = config_.family == DatagramFamily::ip ? this : nullptr;
  return {.trains = over_ip, .timestamping = over_ip, .path = this};
}

bool DatagramClient::accept_trains() noexcept {
  const int on = 1;
  trains_ = ::setsockopt(fd_.get(), IPPROTO_UDP, UDP_GRO, &on, sizeof on) == 0;
  return trains_;
}

bool DatagramClient::takes_trains(Instant now) const noexcept {
  return trains_ && answered_ && now >= no_train_until_;
}

BatchResult DatagramClient::send_train(Batch& batch) noexcept {
  Slot& train = batch.slots()[batch.next];
  const auto size = static_cast<std::uint16_t>(train.segment_size);
  alignas(cmsghdr) std::array<std::byte, CMSG_SPACE(sizeof size)> control{};
  iovec payload{train.data, train.size};
  msghdr header{};
  header.msg_iov = &payload;
  header.msg_iovlen = 1;
  header.msg_control = control.data();
  header.msg_controllen = control.size();
  cmsghdr segment{};
  segment.cmsg_level = IPPROTO_UDP;
  segment.cmsg_type = UDP_SEGMENT;
  segment.cmsg_len = CMSG_LEN(sizeof size);
  std::memcpy(control.data(), &segment, sizeof segment);
  std::memcpy(control.data() + CMSG_LEN(0), &size, sizeof size);
  train.at = monotonic_now();
  if (::sendmsg(fd_.get(), &header, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0) {
    ++batch.next;
    return {IoStatus::ok, train.segments(), 0};
  }
  const int error = errno;
  if (error == EAGAIN) return {IoStatus::would_block, 0, 0};
  // Whatever it was shows when the messages leave singly.
  no_train_until_ = train.at + kTrainsRest;
  errors_pending_ = true;
  return {IoStatus::ok, 0, 0};
}

BatchResult DatagramClient::send(Batch& batch) noexcept {
  const bool single = batch.next + 1 == batch.count && !batch.slots()[batch.next].skip;
  if (single && batch.slots()[batch.next].is_train()) return send_train(batch);
  Outgoing outgoing;
  outgoing.messages = 1;
  outgoing.slots[0] = batch.next;
  if (!single) collect(batch, outgoing);
  if (outgoing.messages == 0) {
    batch.next = batch.count;
    return {IoStatus::ok, 0, 0};
  }
  return send_singles(batch, outgoing);
}

BatchResult DatagramClient::send_singles(Batch& batch, Outgoing& outgoing) noexcept {
  batch.next = outgoing.slots[0];
  Slot& first = batch.slots()[batch.next];
  const bool over_ip = config_.family == DatagramFamily::ip;
  for (FailedSend failed{over_ip ? &errors_pending_ : nullptr};;) {
    const int result = outgoing.messages == 1 ? send_one(first) : send_many(batch, outgoing);
    if (result > 0) {
      const auto sent = static_cast<std::size_t>(result);
      batch.next = outgoing.slots[sent - 1] + 1;
      for (std::size_t i = 0; may_move_ && i < sent; ++i) {
        const Slot& left = batch.slots()[outgoing.slots[i]];
        sent_->remember({left.data, left.size});
      }
      return {IoStatus::ok, sent, 0};
    }
    const int error = errno;
    const bool too_large = !over_ip && error == EMSGSIZE;
    if (too_large && grow_send_buffer(fd_.get(), first.size)) continue;
    if (const auto outcome = failed.then(error)) return *outcome;
  }
}

void DatagramClient::stamp_by_kernel(std::size_t kept) {
  stamps_.emplace(fd_.get(), kept);
}

std::optional<WallTime> DatagramClient::kernel_sent(std::uint64_t ordinal) const noexcept {
  return stamps_ ? stamps_->sent_datagram(ordinal) : std::nullopt;
}

std::optional<SocketDescription> DatagramClient::local() const {
  return describe(unmapped(local_address(fd_.get())), config_.kind);
}

std::optional<SocketDescription> DatagramClient::peer() const {
  return describe(unmapped(config_.peers[current_]), config_.kind);
}

}  // namespace netecho
