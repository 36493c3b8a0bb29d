#include "protocols/link/link_sender.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "core/base/clock.hpp"

namespace netecho {

LinkSender::LinkSender(int interface, std::uint16_t ethertype) noexcept {
  to_.sll_family = AF_PACKET;
  to_.sll_protocol = htons(ethertype);
  to_.sll_ifindex = interface;
  to_.sll_halen = kMacBytes;
}

void LinkSender::add(std::size_t slot, const MacAddress& to,
                     std::initializer_list<std::span<const std::byte>> pieces) noexcept {
  add_as(ntohs(to_.sll_protocol), slot, to, pieces);
}

void LinkSender::add_as(std::uint16_t protocol, std::size_t slot, const MacAddress& to,
                        std::initializer_list<std::span<const std::byte>> pieces) noexcept {
  sockaddr_ll& address = addresses_[count_];
  address = to_;
  address.sll_protocol = htons(protocol);
  to.write(std::as_writable_bytes(std::span{address.sll_addr}));
  std::size_t used = 0;
  for (const std::span<const std::byte> piece : pieces) {
    // sendmsg() only reads what iovec points to.
    pieces_[count_][used++] = {const_cast<std::byte*>(piece.data()), piece.size()};
  }
  msghdr& header = headers_[count_].msg_hdr;
  header = {};
  header.msg_name = &address;
  header.msg_namelen = sizeof address;
  header.msg_iov = pieces_[count_].data();
  header.msg_iovlen = used;
  slots_[count_++] = slot;
}

int LinkSender::send_frames(int fd) noexcept {
  if (has_batch_calls_ && count_ > 1) {
    const int sent =
        ::sendmmsg(fd, headers_.data(), static_cast<unsigned>(count_), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent >= 0 || errno != ENOSYS) return sent;
    has_batch_calls_ = false;
  }
  int sent = 0;
  for (std::size_t i = 0; i < count_; ++i, ++sent) {
    if (::sendmsg(fd, &headers_[i].msg_hdr, MSG_DONTWAIT | MSG_NOSIGNAL) < 0) break;
  }
  return sent > 0 ? sent : -1;
}

BatchResult LinkSender::send(int fd, Batch& batch) noexcept {
  batch.next = slots_[0];
  for (bool again = true;;) {
    const Instant at = monotonic_now();
    const int result = send_frames(fd);
    if (result > 0) {
      const auto sent = static_cast<std::size_t>(result);
      BatchResult out{IoStatus::ok, sent, 0};
      for (std::size_t i = 0; i < sent; ++i) {
        Slot& slot = batch.slots()[slots_[i]];
        slot.at = at;
        out.bytes += slot.size;
      }
      batch.next = slots_[sent - 1] + 1;
      return out;
    }
    const int error = errno;
    if (error == EINTR) continue;
    if (error == EAGAIN) return {IoStatus::would_block, 0, 0};
    // That the interface went down is told once more when it is up again, instead of sending.
    if (error == ENETDOWN && std::exchange(again, false)) continue;
    return {IoStatus::failed, 0, error};
  }
}

}  // namespace netecho
