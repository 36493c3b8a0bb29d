#include "protocols/icmp/icmp_client.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "core/base/clock.hpp"
#include "core/net/ip_number.hpp"
#include "protocols/message/error_queue.hpp"
#include "protocols/message/failed_send.hpp"

namespace netecho {
namespace {

/// So many pending errors are passed over in one call before it fails.
constexpr int kPendingErrors = 8;
/// As datagram_client.cpp does, the error queue is looked at every so many empty calls anyway.
constexpr unsigned kEmptyCallsPerErrorCheck = 64;

/// Returns the hop limit that a message arrived with; 0 if the kernel did not tell.
std::uint8_t hop_limit_of(msghdr& header) noexcept {
  for (cmsghdr* c = CMSG_FIRSTHDR(&header); c != nullptr; c = CMSG_NXTHDR(&header, c)) {
    const bool v4 = c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_TTL;
    const bool v6 = c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_HOPLIMIT;
    if (!v4 && !v6) continue;
    int hops = 0;
    std::memcpy(&hops, CMSG_DATA(c), sizeof hops);
    return static_cast<std::uint8_t>(std::clamp(hops, 0, 255));
  }
  return 0;
}

IpNumber number_of(const sockaddr_in6& address) noexcept {
  return ip_number(reinterpret_cast<const sockaddr&>(address));
}

}  // namespace

IcmpClient::IcmpClient(UniqueFd fd, const Config& config)
    : fd_{std::move(fd)},
      echo_{config.echo},
      kind_{config.kind},
      peer_{config.peer},
      local_{config.local} {}

/// Each message is read into a head, and its data into a slot.
void IcmpClient::prepare_to_receive(Batch& batch, std::size_t messages) noexcept {
  for (std::size_t i = 0; i < messages; ++i) {
    pieces_[i][0] = {heads_[i].data(), head_bytes(echo_)};
    pieces_[i][1] = {batch.storage(i), batch.slot_bytes()};
    headers_[i] = {};
    msghdr& header = headers_[i].msg_hdr;
    header.msg_name = &senders_[i];
    header.msg_namelen = sizeof senders_[i];
    header.msg_iov = pieces_[i].data();
    header.msg_iovlen = pieces_[i].size();
    header.msg_control = controls_[i].bytes.data();
    header.msg_controllen = controls_[i].bytes.size();
  }
}

/// Plain recvmsg(): recvmmsg() looks for a second message before it returns the first.
int IcmpClient::receive_one(Batch& batch) noexcept {
  prepare_to_receive(batch, 1);
  msghdr& header = headers_[0].msg_hdr;
  alignas(cmsghdr) std::array<std::byte, KernelStamps::kControlBytes> control;
  if (stamps_) {
    header.msg_control = control.data();
    header.msg_controllen = control.size();
  }
  const ssize_t got = ::recvmsg(fd_.get(), &header, MSG_DONTWAIT);
  received_at_ = monotonic_now();
  if (got < 0) return -1;
  headers_[0].msg_len = static_cast<unsigned>(got);
  stamp_ = stamps_ ? KernelStamps::received(header) : std::nullopt;
  hop_limits_[0] = hop_limit_of(header);
  expected_.one_found();
  return 1;
}

int IcmpClient::receive_some(Batch& batch) noexcept {
  // Each message has a stamp of its own to be read: with stamps they come one by one.
  if (expected_.one() || !has_batch_calls_ || stamps_) return receive_one(batch);
  const std::size_t slots = std::min(batch.slots().size(), kSlots);
  prepare_to_receive(batch, slots);
  const int got =
      ::recvmmsg(fd_.get(), headers_.data(), static_cast<unsigned>(slots), MSG_DONTWAIT, nullptr);
  received_at_ = monotonic_now();
  if (got < 0 && errno == ENOSYS) {
    has_batch_calls_ = false;
    return receive_one(batch);
  }
  expected_.found(got);
  for (std::size_t i = 0; i < static_cast<std::size_t>(std::max(got, 0)); ++i) {
    hop_limits_[i] = hop_limit_of(headers_[i].msg_hdr);
  }
  return got;
}

bool IcmpClient::keep_reply(Batch& batch, std::size_t message, std::size_t slot) noexcept {
  const std::size_t got = headers_[message].msg_len;
  const std::size_t in_head = std::min(got, head_bytes(echo_));
  const std::span<const std::byte> head{heads_[message].data(), in_head};
  const std::span rest{batch.storage(message), got - in_head};
  const bool cut = (headers_[message].msg_hdr.msg_flags & MSG_TRUNC) != 0;
  const auto reply = read_echo_reply(echo_, head, rest, cut ? MessageCut::yes : MessageCut::no);
  if (!reply) return false;
  Slot& out = batch.slots()[slot];
  out = {};
  out.data = rest.data();
  out.size = static_cast<std::uint32_t>(reply->bytes);
  out.at = received_at_;
  out.kernel_at = stamp_;
  out.number = reply->number;
  out.truncated = cut;
  out.hop_limit = hop_limits_[message];
  out.elsewhere = number_of(senders_[message]) != ip_number(*peer_.data());
  senders_[slot] = senders_[message];
  return true;
}

/// Fills slots with those of so many messages that are replies; returns their number. The data of
/// a slot may lie in the storage of a later one.
std::size_t IcmpClient::keep_replies(Batch& batch, std::size_t messages) noexcept {
  std::size_t kept = 0;
  for (std::size_t i = 0; i < messages; ++i) {
    if (keep_reply(batch, i, kept)) ++kept;
  }
  return kept;
}

BatchResult IcmpClient::receive(Batch& batch) noexcept {
  batch.count = 0;
  batch.next = 0;
  sender_count_ = 0;
  for (int attempt = 0;;) {
    if (errors_pending_) {
      batch.count = read_errors(batch, 0);
      if (batch.count > 0) return {IoStatus::ok, batch.count, 0};
    }
    const int got = receive_some(batch);
    const int error = got < 0 ? errno : 0;
    if (got > 0) {
      idle_calls_ = 0;
      batch.count = sender_count_ = keep_replies(batch, static_cast<std::size_t>(got));
    } else {
      expected_.none_found();
    }
    if (error == EINTR) continue;
    if (error == 0 || error == EAGAIN) {
      // Stamps of what was sent lie among the errors. Read behind T4; with them there is one
      // message at most, whose data is in its own slot.
      if (stamps_) batch.count = read_errors(batch, batch.count);
      if (batch.count > 0) return {IoStatus::ok, batch.count, 0};
      if (error == EAGAIN && ++idle_calls_ % kEmptyCallsPerErrorCheck == 0) errors_pending_ = true;
      return {IoStatus::would_block, 0, 0};
    }
    if (++attempt == kPendingErrors) return {IoStatus::failed, 0, error};
    errors_pending_ = true;
  }
}

/// Fills slots from `count` on with errors and the data that they quote; returns the new count.
std::size_t IcmpClient::read_errors(Batch& batch, std::size_t count) noexcept {
  std::size_t errors = 0;
  while (count < batch.slots().size() && errors < icmp_errors_.size()) {
    EchoHeader head{};
    std::array<iovec, 2> into{
        {{head.data(), head.size()}, {batch.storage(count), batch.slot_bytes()}}};
    QuotedError quoted;
    if (!read_queued_error(fd_.get(), stamps_ ? &*stamps_ : nullptr, into, quoted)) {
      errors_pending_ = false;
      break;
    }
    if (!quoted.icmp || quoted.error == 0 || !tells_of_loss(*quoted.icmp)) continue;
    const std::size_t in_head = std::min(quoted.bytes, head.size());
    const auto number = read_echo_quote(echo_, std::span{head}.first(in_head));
    // A raw socket hears of the pings of all other programs, too.
    const bool to_peer = ip_number(*quoted.destination.data()) == ip_number(*peer_.data());
    if (!number || (echo_.access == IcmpAccess::raw && !to_peer)) continue;
    Slot& slot = batch.slots()[count];
    slot = {};
    slot.data = batch.storage(count++);
    slot.size = static_cast<std::uint32_t>(quoted.bytes - in_head);
    slot.at = monotonic_now();
    slot.error = quoted.error;
    slot.number = *number;
    slot.icmp = &(icmp_errors_[errors++] = *quoted.icmp);
  }
  return count;
}

/// Writes the headers of what is to be sent; returns how many messages that are.
std::size_t IcmpClient::collect(Batch& batch) noexcept {
  std::size_t messages = 0;
  for (std::size_t i = batch.next; i < batch.count && messages < kSlots; ++i) {
    const Slot& slot = batch.slots()[i];
    if (slot.skip) continue;
    const auto counted = static_cast<std::uint16_t>(next_number_ + messages);
    const EchoHeader header =
        echo_request(echo_, slot.number.value_or(counted), {slot.data, slot.size});
    std::ranges::copy(header, heads_[messages].begin());
    pieces_[messages][0] = {heads_[messages].data(), header.size()};
    pieces_[messages][1] = {slot.data, slot.size};
    headers_[messages] = {};
    msghdr& out = headers_[messages].msg_hdr;
    if (echo_.access == IcmpAccess::raw) {
      out.msg_name = peer_.data();
      out.msg_namelen = peer_.size();
    }
    out.msg_iov = pieces_[messages].data();
    out.msg_iovlen = pieces_[messages].size();
    sending_[messages++] = i;
  }
  return messages;
}

int IcmpClient::send_one(Slot& slot) noexcept {
  slot.at = monotonic_now();
  const bool left = ::sendmsg(fd_.get(), &headers_[0].msg_hdr, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0;
  // The firewall's refusal comes when the kernel has numbered it already.
  if (stamps_ && (left || errno == EPERM)) stamps_->numbered(left);
  return left ? 1 : -1;
}

int IcmpClient::send_many(Batch& batch, std::size_t messages) noexcept {
  const Instant at = monotonic_now();
  int sent = -1;
  if (has_batch_calls_) {
    sent = ::sendmmsg(fd_.get(), headers_.data(), static_cast<unsigned>(messages),
                      MSG_DONTWAIT | MSG_NOSIGNAL);
    has_batch_calls_ = sent >= 0 || errno != ENOSYS;
  }
  // The first alone: the rest stays for the next call.
  if (!has_batch_calls_) return send_one(batch.slots()[sending_[0]]);
  for (std::size_t i = 0; i < static_cast<std::size_t>(std::max(sent, 0)); ++i) {
    batch.slots()[sending_[i]].at = at;
    if (stamps_) stamps_->numbered(true);
  }
  return sent;
}

BatchResult IcmpClient::send(Batch& batch) noexcept {
  const std::size_t messages = collect(batch);
  if (messages == 0) {
    batch.next = batch.count;
    return {IoStatus::ok, 0, 0};
  }
  batch.next = sending_[0];
  for (FailedSend failed{&errors_pending_};;) {
    const int result =
        messages == 1 ? send_one(batch.slots()[batch.next]) : send_many(batch, messages);
    if (result > 0) {
      const auto sent = static_cast<std::size_t>(result);
      batch.next = sending_[sent - 1] + 1;
      next_number_ = static_cast<std::uint16_t>(next_number_ + sent);
      return {IoStatus::ok, sent, 0};
    }
    if (const auto outcome = failed.then(errno)) return *outcome;
  }
}

void IcmpClient::stamp_by_kernel(std::size_t kept) {
  stamps_.emplace(fd_.get(), kept);
}

std::optional<WallTime> IcmpClient::kernel_sent(std::uint64_t ordinal) const noexcept {
  return stamps_ ? stamps_->sent_datagram(ordinal) : std::nullopt;
}

std::optional<SocketDescription> IcmpClient::sender(std::size_t index) const {
  if (index >= sender_count_) return std::nullopt;
  return describe({reinterpret_cast<const sockaddr*>(&senders_[index]), sizeof senders_[index]},
                  kind_);
}

std::optional<SocketDescription> IcmpClient::peer() const {
  return describe(peer_, kind_);
}

std::optional<SocketDescription> IcmpClient::local() const {
  return describe(local_, kind_);
}

}  // namespace netecho
