#include "protocols/unix/record_port.hpp"

#include <sys/socket.h>

#include <array>
#include <cerrno>

#include "core/base/clock.hpp"
#include "core/net/socket_address.hpp"
#include "protocols/message/datagram_server.hpp"
#include "protocols/unix/unix.hpp"

namespace netecho::unix_socket {

RecordPort::RecordPort(UniqueFd fd) noexcept : fd_{std::move(fd)} {
  const int on = 1;
  ::setsockopt(fd_.get(), SOL_SOCKET, SO_PASSCRED, &on, sizeof on);
}

BatchResult RecordPort::receive_one(Slot& slot, std::byte* storage, std::size_t bytes) noexcept {
  // There is room for the credentials alone, so the kernel closes descriptors that are sent along.
  alignas(cmsghdr) std::array<std::byte, CMSG_SPACE(sizeof(ucred))> control;
  iovec payload{storage, bytes};
  msghdr header{};
  header.msg_iov = &payload;
  header.msg_iovlen = 1;
  ssize_t got = 0;
  do {
    header.msg_control = control.data();
    header.msg_controllen = control.size();
    got = ::recvmsg(fd_.get(), &header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  } while (got < 0 && errno == EINTR);
  const Instant at = monotonic_now();
  if (got < 0) {
    return {errno == EAGAIN ? IoStatus::would_block : IoStatus::failed, 0,
            errno == EAGAIN ? 0 : errno};
  }
  if (got == 0 && header.msg_controllen == 0) return {IoStatus::closed, 0, 0};
  slot = {};
  slot.data = storage;
  slot.size = static_cast<std::uint32_t>(got);
  slot.at = at;
  slot.truncated = (header.msg_flags & MSG_TRUNC) != 0;
  return {IoStatus::ok, 1, 0};
}

BatchResult RecordPort::receive(Batch& batch) noexcept {
  batch.count = 0;
  batch.next = 0;
  const std::span<Slot> slots = batch.slots();
  while (batch.count < slots.size()) {
    const std::size_t i = batch.count;
    const BatchResult result = receive_one(slots[i], batch.storage(i), batch.slot_bytes());
    if (result.status == IoStatus::ok) {
      ++batch.count;
    } else if (batch.count > 0) {
      break;  // What ended the batch is still there for the next call.
    } else {
      return result;
    }
  }
  return {IoStatus::ok, batch.count, 0};
}

BatchResult RecordPort::send(Batch& batch) noexcept {
  BatchResult result{IoStatus::ok, 0, 0};
  for (; batch.next < batch.count; ++batch.next) {
    Slot& slot = batch.slots()[batch.next];
    if (slot.skip) continue;
    slot.at = monotonic_now();
    while (::send(fd_.get(), slot.data, slot.size, MSG_DONTWAIT | MSG_NOSIGNAL) < 0) {
      const int error = errno;
      if (error == EINTR || (error == EMSGSIZE && grow_send_buffer(fd_.get(), slot.size))) continue;
      if (result.messages > 0) return result;
      if (error == EAGAIN) return {IoStatus::would_block, 0, 0};
      return {IoStatus::failed, 0, error};
    }
    ++result.messages;
    result.bytes += slot.size;
  }
  return result;
}

std::optional<SocketDescription> RecordPort::peer() const {
  return describe(peer_address(fd_.get()), kind_of(SocketType::seqpacket));
}

std::optional<SocketDescription> RecordPort::local() const {
  return describe(local_address(fd_.get()), kind_of(SocketType::seqpacket));
}

}  // namespace netecho::unix_socket
