#include "protocols/link/link_receiver.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <cstring>

#include "core/base/clock.hpp"

namespace netecho {
namespace {

constexpr std::uint16_t kVlanIdBits = 0xFFF;

template <typename T>
T value_of(const cmsghdr& control) noexcept {
  T out{};
  std::memcpy(&out, CMSG_DATA(&control), sizeof out);
  return out;
}

/// Priority tags (an id of 0) are no VLAN.
bool is_of_vlan(const tpacket_auxdata& told) noexcept {
  return (told.tp_status & TP_STATUS_VLAN_VALID) != 0 && (told.tp_vlan_tci & kVlanIdBits) != 0;
}

}  // namespace

std::uint64_t rate_prefix(const MacAddress& station) noexcept {
  return kStationPrefix | station.number();
}

BatchResult unless_down(const BatchResult& result) noexcept {
  const bool down = result.status == IoStatus::failed && result.error == ENETDOWN;
  return down ? BatchResult{IoStatus::would_block, 0, 0} : result;
}

void LinkReceiver::prepare(Batch& batch, std::size_t slots) noexcept {
  for (std::size_t i = 0; i < slots; ++i) {
    Envelope& envelope = (*envelopes_)[i];
    envelope.pieces[0] = {envelope.head.data(), head_bytes_};
    envelope.pieces[1] = {batch.storage(i), batch.slot_bytes()};
    msghdr& header = headers_[i].msg_hdr;
    header = {};
    header.msg_name = &envelope.from;
    header.msg_namelen = sizeof envelope.from;
    header.msg_iov = head_bytes_ != 0 ? &envelope.pieces[0] : &envelope.pieces[1];
    header.msg_iovlen = head_bytes_ != 0 ? 2 : 1;
    header.msg_control = envelope.control.data();
    header.msg_controllen = envelope.control.size();
  }
}

int LinkReceiver::receive_one(int fd) noexcept {
  const ssize_t bytes = ::recvmsg(fd, &headers_[0].msg_hdr, MSG_DONTWAIT);
  at_ = monotonic_now();
  if (bytes < 0) return -1;
  headers_[0].msg_len = static_cast<unsigned>(bytes);
  return 1;
}

int LinkReceiver::receive_frames(int fd, Batch& batch) noexcept {
  const bool one = (pace_ == Pace::one_by_one && expected_.one()) || !has_batch_calls_;
  const std::size_t slots = one ? 1 : std::min(batch.slots().size(), kSlots);
  prepare(batch, slots);
  if (slots == 1) {
    const int got = receive_one(fd);
    got > 0 ? expected_.one_found() : expected_.none_found();
    return got;
  }
  const int got =
      ::recvmmsg(fd, headers_.data(), static_cast<unsigned>(slots), MSG_DONTWAIT, nullptr);
  at_ = monotonic_now();
  if (got < 0 && errno == ENOSYS) {
    has_batch_calls_ = false;
    return receive_one(fd);
  }
  expected_.found(got);
  return got;
}

bool LinkReceiver::read(std::size_t index, Slot& slot) noexcept {
  msghdr& header = headers_[index].msg_hdr;
  Envelope& envelope = (*envelopes_)[index];
  bool of_vlan = false;
  for (cmsghdr* each = CMSG_FIRSTHDR(&header); each != nullptr; each = CMSG_NXTHDR(&header, each)) {
    if (each->cmsg_level == SOL_PACKET && each->cmsg_type == PACKET_AUXDATA) {
      of_vlan = is_of_vlan(value_of<tpacket_auxdata>(*each));
    } else if (each->cmsg_level == SOL_SOCKET && each->cmsg_type == SO_RXQ_OVFL) {
      count_drops(value_of<std::uint32_t>(*each));
    }
  }
  const sockaddr_ll& from = envelope.from;
  const bool many = from.sll_pkttype == PACKET_BROADCAST || from.sll_pkttype == PACKET_MULTICAST;
  const bool whole = header.msg_namelen >= offsetof(sockaddr_ll, sll_addr) + kMacBytes;
  if (of_vlan || !whole || from.sll_halen != kMacBytes) return false;
  if (!many && from.sll_pkttype != PACKET_HOST) return false;
  const std::size_t size = headers_[index].msg_len;
  const std::size_t head = std::min(size, head_bytes_);
  envelope.message = {.from = MacAddress::read(std::as_bytes(std::span{from.sll_addr})),
                      .for_many = many,
                      .protocol = ntohs(from.sll_protocol),
                      .head = std::span{envelope.head}.first(head)};
  slot.data = static_cast<std::byte*>(envelope.pieces[1].iov_base);
  slot.size = static_cast<std::uint32_t>(size - head);
  slot.at = at_;
  slot.truncated = (header.msg_flags & MSG_TRUNC) != 0;
  slot.kernel_at = KernelStamps::received(header);
  return true;
}

/// The kernel's count of 32 bits starts anew after them.
void LinkReceiver::count_drops(std::uint32_t total) noexcept {
  drops_ += total - last_drops_;
  last_drops_ = total;
}

}  // namespace netecho
