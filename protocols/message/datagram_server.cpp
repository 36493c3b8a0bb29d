#include "protocols/message/datagram_server.hpp"

#include <netinet/in.h>
#include <netinet/udp.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>

#include "core/base/clock.hpp"
#include "core/net/socket_address.hpp"
#include "protocols/rules/credentials.hpp"

namespace netecho {
namespace {

/// Errors that belong to an earlier datagram come back on any call; each is dropped once read, so
/// this many calls in a row only fail if new ones keep arriving.
constexpr int kOldErrorRetries = 8;

}  // namespace

bool grow_send_buffer(int fd, std::size_t bytes) noexcept {
  const int value =
      static_cast<int>(std::min<std::size_t>(bytes, std::numeric_limits<int>::max() / 4));
  int now = 0;
  socklen_t size = sizeof now;
  ::getsockopt(fd, SOL_SOCKET, SO_SNDBUF, &now, &size);
  if (now >= 2 * value) return false;
  if (::setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &value, sizeof value) != 0) {
    ::setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &value, sizeof value);
  }
  int grown = 0;
  size = sizeof grown;
  ::getsockopt(fd, SOL_SOCKET, SO_SNDBUF, &grown, &size);
  return grown > now;
}

DatagramServer::DatagramServer(UniqueFd fd, Rules rules, SocketKind kind)
    : fd_{std::move(fd)},
      rules_{std::move(rules)},
      ip_{std::get_if<IpDatagramRules>(&rules_)},
      // Without room the kernel closes descriptors that a unix peer sends along.
      control_bytes_{ip_ != nullptr                           ? IpDatagramRules::kControlBytes
                     : std::get<UserRule>(rules_).restricts() ? unix_socket::kCredentialBytes
                                                              : 0},
      envelopes_{std::make_unique<std::array<Envelope, kSlots>>()},
      kind_{kind} {
  for (std::size_t i = 0; i < kSlots; ++i) {
    Envelope& envelope = (*envelopes_)[i];
    headers_[i].msg_hdr.msg_name = &envelope.from;
    headers_[i].msg_hdr.msg_iov = &envelope.payload;
    headers_[i].msg_hdr.msg_iovlen = 1;
  }
}

void DatagramServer::prepare(Batch& batch, std::size_t slots) noexcept {
  for (std::size_t i = 0; i < slots; ++i) {
    Envelope& envelope = (*envelopes_)[i];
    envelope.payload = {batch.storage(i), batch.slot_bytes()};
    msghdr& header = headers_[i].msg_hdr;
    header.msg_name = &envelope.from;
    header.msg_iov = &envelope.payload;
    header.msg_namelen = sizeof envelope.from;
    header.msg_control = control_bytes_ != 0 ? envelope.control.data() : nullptr;
    header.msg_controllen = control_bytes_;
    header.msg_flags = 0;
  }
}

int DatagramServer::receive_batch(std::size_t slots) noexcept {
  if (has_batch_calls_ && slots > 1) {
    const int got =
        ::recvmmsg(fd_.get(), headers_.data(), static_cast<unsigned>(slots), MSG_DONTWAIT, nullptr);
    if (got >= 0 || errno != ENOSYS) return got;
    has_batch_calls_ = false;
  }
  std::size_t got = 0;
  for (; got < slots; ++got) {
    const ssize_t bytes = ::recvmsg(fd_.get(), &headers_[got].msg_hdr, MSG_DONTWAIT);
    if (bytes < 0) break;
    headers_[got].msg_len = static_cast<unsigned>(bytes);
  }
  return got > 0 ? static_cast<int>(got) : -1;
}

void DatagramServer::take(Slot& slot, std::size_t index, Instant at) noexcept {
  mmsghdr& header = headers_[index];
  Envelope& envelope = (*envelopes_)[index];
  envelope.from_size = header.msg_hdr.msg_namelen;
  slot = {};
  slot.data = static_cast<std::byte*>(envelope.payload.iov_base);
  slot.size = header.msg_len;
  slot.at = at;
  slot.truncated = (header.msg_hdr.msg_flags & MSG_TRUNC) != 0;
  if (ip_ != nullptr) {
    envelope.reply_size = ip_->judge(header.msg_hdr, slot,
                                     std::span{envelope.reply}.first(PeerRef::kReturnPathBytes));
  } else {
    envelope.reply_size = 0;
    judge_unix(slot, envelope, header.msg_hdr);
  }
}

void DatagramServer::judge_unix(Slot& slot, const Envelope& envelope,
                                const msghdr& message) noexcept {
  if (envelope.from_size <= offsetof(sockaddr_un, sun_path)) {
    slot.refused = Refusal::no_return_address;
  } else if (!unix_socket::admits_datagram(std::get<UserRule>(rules_), message)) {
    slot.refused = Refusal::not_allowed;
  }
}

Features DatagramServer::features() noexcept {
  DatagramServer* const over_ip = ip_ != nullptr ? this : nullptr;
  return {.trains = over_ip, .readdressing = this, .drops = over_ip, .senders = this};
}

bool DatagramServer::accept_trains() noexcept {
  const int on = 1;
  return ::setsockopt(fd_.get(), IPPROTO_UDP, UDP_GRO, &on, sizeof on) == 0;
}

BatchResult DatagramServer::receive(Batch& batch) noexcept {
  // Trains come one at a time, into memory that the cache still has from the last one.
  const std::size_t slots = expect_train_ ? 1 : std::min(batch.slots().size(), kSlots);
  batch.count = 0;
  batch.next = 0;
  for (int attempt = 0;;) {
    prepare(batch, slots);
    const int got = receive_batch(slots);
    if (got > 0) {
      const Instant at = monotonic_now();
      const auto count = static_cast<std::size_t>(got);
      if (ip_ != nullptr) ip_->begin(at);
      for (std::size_t i = 0; i < count; ++i) take(batch.slots()[i], i, at);
      batch.count = count;
      expect_train_ = batch.slots()[count - 1].segment_size != 0;
      return {IoStatus::ok, count, 0};
    }
    const int error = errno;
    if (error == EINTR) continue;
    if (error == EAGAIN) return {IoStatus::would_block, 0, 0};
    if (!is_old_error(error) || ++attempt == kOldErrorRetries) return {IoStatus::failed, 0, error};
  }
}

/// Such an ICMP error of some earlier reply concerns that client, not this socket.
bool DatagramServer::is_old_error(int error) const noexcept {
  if (ip_ == nullptr) return false;
  return error == ECONNREFUSED || error == EHOSTUNREACH || error == ENETUNREACH ||
         error == EHOSTDOWN || error == EPROTO || error == ENOPROTOOPT || error == EOPNOTSUPP;
}

void DatagramServer::address(msghdr& header, Envelope& envelope) noexcept {
  header.msg_name = &envelope.from;
  header.msg_namelen = envelope.from_size;
  header.msg_control = envelope.reply_size > 0 ? envelope.reply.data() : nullptr;
  header.msg_controllen = envelope.reply_size;
  header.msg_flags = 0;
}

/// Has the kernel cut what `header` sends into segments.
void DatagramServer::cut_up(msghdr& header, Envelope& envelope,
                            std::uint32_t segment_size) noexcept {
  const auto size = static_cast<std::uint16_t>(segment_size);
  cmsghdr control{};
  control.cmsg_len = CMSG_LEN(sizeof size);
  control.cmsg_level = IPPROTO_UDP;
  control.cmsg_type = UDP_SEGMENT;
  std::byte* const at = envelope.reply.data() + envelope.reply_size;
  std::memcpy(at, &control, sizeof control);
  std::memcpy(at + CMSG_LEN(0), &size, sizeof size);
  header.msg_control = envelope.reply.data();
  header.msg_controllen = envelope.reply_size + CMSG_SPACE(sizeof size);
}

bool DatagramServer::goes_singly(const Slot& slot, const Envelope& envelope) const noexcept {
  return slot.is_train() &&
         split_peers_.contain(reinterpret_cast<const sockaddr&>(envelope.from), slot.at);
}

/// Fills headers_ with what is to be sent, and says how many that are. A train that has to go
/// singly is a batch of its own.
std::size_t DatagramServer::collect(Batch& batch) noexcept {
  std::size_t messages = 0;
  for (std::size_t i = batch.next; i < batch.count; ++i) {
    const Slot& slot = batch.slots()[i];
    if (slot.skip || slot.refused != Refusal::none) continue;
    Envelope& envelope = (*envelopes_)[i];
    msghdr& header = headers_[messages].msg_hdr;
    if (slot.is_train()) {
      if (goes_singly(slot, envelope)) {
        collected_end_ = i;
        return messages > 0 ? messages : collect_segments(slot, i);
      }
      address(header, envelope);
      cut_up(header, envelope, slot.segment_size);
    } else {
      address(header, envelope);
    }
    envelope.payload = {slot.data, slot.size};
    header.msg_iov = &envelope.payload;
    sending_[messages++] = i;
  }
  collected_end_ = batch.count;
  return messages;
}

/// Does the same for the first segments of one train, each by itself.
std::size_t DatagramServer::collect_segments(const Slot& train, std::size_t index) noexcept {
  std::size_t messages = 0;
  for (std::uint32_t at = 0; at < train.size && messages < kSlots; at += train.segment_size) {
    msghdr& header = headers_[messages].msg_hdr;
    address(header, (*envelopes_)[index]);
    segments_[messages] = {train.data + at, std::min(train.segment_size, train.size - at)};
    header.msg_iov = &segments_[messages];
    sending_[messages++] = index;
  }
  return messages;
}

int DatagramServer::send_batch(std::size_t messages) noexcept {
  if (has_batch_calls_ && messages > 1) {
    const int sent = ::sendmmsg(fd_.get(), headers_.data(), static_cast<unsigned>(messages),
                                MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent >= 0 || errno != ENOSYS) return sent;
    has_batch_calls_ = false;
  }
  std::size_t sent = 0;
  while (sent < messages &&
         ::sendmsg(fd_.get(), &headers_[sent].msg_hdr, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0) {
    ++sent;
  }
  return sent > 0 ? static_cast<int>(sent) : -1;
}

/// Accounts for the first `sent` of `collected` headers.
BatchResult DatagramServer::advance(Batch& batch, std::size_t sent, std::size_t collected,
                                    Instant at) noexcept {
  BatchResult result{IoStatus::ok, 0, 0};
  for (std::size_t i = 0; i < sent; ++i) {
    Slot& slot = batch.slots()[sending_[i]];
    slot.at = at;
    result.messages += slot.segments();
    result.bytes += slot.size;
  }
  batch.next = sent < collected ? sending_[sent] : collected_end_;
  return result;
}

/// Does the same where they are the first segments of one train.
BatchResult DatagramServer::advance_segments(Batch& batch, std::size_t sent, Instant at) noexcept {
  Slot& train = batch.slots()[sending_[0]];
  const auto bytes =
      std::min<std::uint32_t>(static_cast<std::uint32_t>(sent) * train.segment_size, train.size);
  train.at = at;
  train.cut_front(bytes);
  batch.next = train.size == 0 ? sending_[0] + 1 : sending_[0];
  return {IoStatus::ok, sent, 0, bytes};
}

BatchResult DatagramServer::send(Batch& batch) noexcept {
  std::size_t messages = collect(batch);
  if (messages == 0) {
    batch.next = batch.count;
    return {IoStatus::ok, 0, 0};
  }
  for (int attempt = 0;;) {
    Slot& first = batch.slots()[sending_[0]];
    const bool split = collected_end_ == sending_[0];
    const Instant at = monotonic_now();
    const int result = send_batch(messages);
    if (result > 0) {
      const auto sent = static_cast<std::size_t>(result);
      return split ? advance_segments(batch, sent, at) : advance(batch, sent, messages, at);
    }
    const int error = errno;
    if (error == EINTR) continue;
    batch.next = sending_[0];
    if (is_old_error(error) && ++attempt < kOldErrorRetries) continue;
    if (ip_ == nullptr) {
      if (error == EMSGSIZE && grow_send_buffer(fd_.get(), first.size)) continue;
      // The peer's queue is full, and POLLOUT would say writable at once: this one is dropped.
      return {IoStatus::failed, 0, error};
    }
    if (error == EAGAIN) return {IoStatus::would_block, 0, 0};
    if (first.is_train() && !split && refuses_train(error)) {
      split_peers_.add(reinterpret_cast<const sockaddr&>((*envelopes_)[sending_[0]].from), at);
      messages = collect(batch);
      continue;
    }
    return {IoStatus::failed, 0, error};
  }
}

PeerRef DatagramServer::peer_ref(std::size_t index) const noexcept {
  const Envelope& envelope = (*envelopes_)[index];
  const std::size_t address_size = std::min<std::size_t>(envelope.from_size, sizeof envelope.from);
  return {std::as_bytes(std::span{&envelope.from, 1}).first(address_size),
          std::span{envelope.reply}.first(envelope.reply_size)};
}

void DatagramServer::set_peer(std::size_t index, const PeerRef& peer) noexcept {
  Envelope& envelope = (*envelopes_)[index];
  std::memcpy(&envelope.from, peer.address().data(), peer.address().size());
  std::memcpy(envelope.reply.data(), peer.return_path().data(), peer.return_path().size());
  envelope.from_size = static_cast<socklen_t>(peer.address().size());
  envelope.reply_size = peer.return_path().size();
}

std::optional<SocketDescription> DatagramServer::sender(std::size_t index) const {
  if (index >= kSlots) return std::nullopt;
  const Envelope& envelope = (*envelopes_)[index];
  const SocketAddress address{reinterpret_cast<const sockaddr*>(&envelope.from),
                              envelope.from_size};
  return describe(address, kind_);
}

}  // namespace netecho
