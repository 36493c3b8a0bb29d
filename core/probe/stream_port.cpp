#include "core/probe/stream_port.hpp"

#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "core/base/clock.hpp"
#include "core/base/error.hpp"
#include "core/probe/prober_buffers.hpp"

namespace netecho {
namespace {

constexpr std::size_t kReadBytes = 65'536;

/// No more is read at once than a batch takes; of small messages that is little.
std::size_t buffer_bytes(std::size_t message_bytes) noexcept {
  return std::max(message_bytes, std::min(kReadBytes, kBatchSlots * message_bytes));
}

}  // namespace

StreamPort::StreamPort(ByteChannel channel, std::size_t message_bytes)
    : channel_{std::move(channel)},
      message_bytes_{message_bytes},
      buffer_(buffer_bytes(message_bytes)) {
  tail_.reserve(message_bytes);
}

BatchResult StreamPort::receive(Batch& batch) noexcept {
  batch.count = 0;
  batch.next = 0;
  // A failure to write shows in the read as well, after what the peer still sent.
  static_cast<void>(flush());
  while (whole_messages() == 0) {
    if (begin_ > 0) {
      std::copy(buffer_.begin() + static_cast<std::ptrdiff_t>(begin_),
                buffer_.begin() + static_cast<std::ptrdiff_t>(end_), buffer_.begin());
      end_ -= begin_;
      begin_ = 0;
    }
    // No more than the batch takes: what stayed in the buffer would wake nobody.
    const std::size_t wanted = batch.slots().size() * message_bytes_ - end_;
    const auto space = std::span{buffer_}.subspan(end_);
    const IoResult result = read(space.first(std::min(wanted, space.size())));
    if (result.status != IoStatus::ok) return {result.status, 0, result.error};
    end_ += result.bytes;
  }
  batch.count = std::min(whole_messages(), batch.slots().size());
  for (Slot& slot : batch.filled()) {
    slot = {};
    slot.data = buffer_.data() + begin_;
    slot.size = static_cast<std::uint32_t>(message_bytes_);
    slot.at = read_at_;
    slot.kernel_at = kernel_read_at_;
    begin_ += message_bytes_;
  }
  return {IoStatus::ok, batch.count, 0};
}

/// Reads, and notes when: by the clock, and by the kernel's stamp where it was asked for one.
IoResult StreamPort::read(std::span<std::byte> into) noexcept {
  if (!stamps_) {
    const IoResult result = channel_.read_some(into);
    read_at_ = monotonic_now();
    return result;
  }
  alignas(cmsghdr) std::array<std::byte, KernelStamps::kControlBytes> control;
  iovec space{into.data(), into.size()};
  msghdr header{};
  header.msg_iov = &space;
  header.msg_iovlen = 1;
  header.msg_control = control.data();
  header.msg_controllen = control.size();
  ssize_t got = 0;
  do {
    got = ::recvmsg(channel_.fd(), &header, MSG_DONTWAIT);
  } while (got < 0 && errno == EINTR);
  read_at_ = monotonic_now();
  const int error = errno;
  stamps_->drain(channel_.fd());  // Whatever came: stamps alone make the socket ready, too.
  if (got < 0) {
    const bool nothing_yet = error == EAGAIN || error == EWOULDBLOCK;
    return {nothing_yet ? IoStatus::would_block : IoStatus::failed, 0, nothing_yet ? 0 : error};
  }
  if (got == 0) return {IoStatus::closed, 0, 0};
  kernel_read_at_ = KernelStamps::received(header);
  return {IoStatus::ok, static_cast<std::size_t>(got), 0};
}

Features StreamPort::features() noexcept {
  int protocol = 0;
  socklen_t size = sizeof protocol;
  const bool tcp =
      ::getsockopt(channel_.fd(), SOL_SOCKET, SO_PROTOCOL, &protocol, &size) == 0 &&
      protocol == IPPROTO_TCP;  // Unix sockets take the option of stamps, and stamp nothing.
  return {.timestamping = tcp ? this : nullptr, .reassembly = this};
}

std::optional<WallTime> StreamPort::kernel_sent(std::uint64_t ordinal) const noexcept {
  if (!stamps_) return std::nullopt;
  return stamps_->sent(static_cast<std::uint32_t>((ordinal + 1) * message_bytes_ - 1));
}

IoResult StreamPort::flush() noexcept {
  while (wants_write()) {
    const IoResult result = channel_.write_some(std::span{tail_}.subspan(tail_at_));
    if (result.status != IoStatus::ok) return result;
    tail_at_ += result.bytes;
  }
  tail_.clear();
  tail_at_ = 0;
  return {IoStatus::ok, 0, 0};
}

BatchResult StreamPort::send(Batch& batch) noexcept {
  if (const IoResult rest = flush(); rest.status != IoStatus::ok) {
    return {rest.status, 0, rest.error};
  }
  std::size_t sent = 0;
  for (; batch.next < batch.count; ++batch.next) {
    Slot& slot = batch.slots()[batch.next];
    if (slot.skip) continue;
    if (wants_write()) break;
    const std::span<const std::byte> message{slot.data, slot.size};
    slot.at = monotonic_now();
    const IoResult result = channel_.write_some(message);
    if (result.status != IoStatus::ok) {
      if (sent > 0) break;
      return {result.status, 0, result.error};
    }
    ++sent;
    const auto rest = message.subspan(result.bytes);
    tail_.assign(rest.begin(), rest.end());
  }
  return {sent > 0 || batch.next == batch.count ? IoStatus::ok : IoStatus::would_block, sent, 0};
}

std::unique_ptr<MessagePort> make_stream_port(ByteChannel channel, std::size_t message_bytes) {
  if (message_bytes == 0) {
    throw usage_error("probe", "", "a stream needs probes of at least 1 byte");
  }
  return std::make_unique<StreamPort>(std::move(channel), message_bytes);
}

}  // namespace netecho
