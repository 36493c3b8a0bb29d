#include "core/transport.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <new>

#include "core/base/error.hpp"
#include "core/base/units.hpp"
#include "core/net/socket_address.hpp"

namespace netecho {
namespace {

/// Slots start on a cache line of their own.
constexpr std::size_t kSlotAlignment = 64;

constexpr std::size_t slot_stride(std::size_t slot_bytes) noexcept {
  return (slot_bytes + kSlotAlignment - 1) / kSlotAlignment * kSlotAlignment;
}

std::size_t arena_bytes(std::size_t slot_count, std::size_t slot_bytes) {
  std::size_t out = 0;
  const std::size_t stride = slot_stride(slot_bytes);
  if (stride < slot_bytes || __builtin_mul_overflow(slot_count, stride, &out)) {
    throw std::bad_alloc{};
  }
  return std::max<std::size_t>(out, 1);
}

/// Untouched pages cost nothing: a batch can offer the largest datagram in every slot.
std::byte* map_arena(std::size_t bytes) {
  void* arena = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (arena == MAP_FAILED) {
    throw Error{ErrorCategory::io, "allocate", format_size(bytes), errno_text(errno), errno};
  }
  return static_cast<std::byte*>(arena);
}

std::optional<SocketType> socket_type(int fd) noexcept {
  int type = 0;
  socklen_t size = sizeof type;
  if (::getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) != 0) return std::nullopt;
  switch (type) {
    case SOCK_STREAM:
      return SocketType::stream;
    case SOCK_DGRAM:
      return SocketType::datagram;
    case SOCK_SEQPACKET:
      return SocketType::seqpacket;
    default:
      return std::nullopt;
  }
}

std::optional<SocketDescription> describe_end(const SocketAddress& address, int fd) {
  const auto type = socket_type(fd);
  if (!type || address.size() == 0) return std::nullopt;
  return describe(address, *type);
}

IoResult failure(int error) noexcept {
  if (error == EAGAIN || error == EWOULDBLOCK) return {IoStatus::would_block, 0, 0};
  return {IoStatus::failed, 0, error};
}

/// Copies as much as fits, and returns its size.
std::uint8_t copy_into(std::span<std::byte> to, std::span<const std::byte> from) noexcept {
  const std::span<const std::byte> fitting = from.first(std::min(from.size(), to.size()));
  std::copy(fitting.begin(), fitting.end(), to.begin());
  return static_cast<std::uint8_t>(fitting.size());
}

}  // namespace

PeerRef::PeerRef(std::span<const std::byte> address,
                 std::span<const std::byte> return_path) noexcept
    : address_size_{copy_into(address_, address)},
      return_path_size_{copy_into(return_path_, return_path)} {}

bool PeerRef::same_peer(const PeerRef& other) const noexcept {
  return std::ranges::equal(address(), other.address());
}

Batch::Batch(std::size_t slot_count, std::size_t slot_bytes)
    : slot_bytes_{slot_bytes}, arena_{nullptr}, slots_(slot_count) {
  arena_ = map_arena(arena_bytes(slot_count, slot_bytes));
  for (std::size_t i = 0; i < slot_count; ++i) slots_[i].data = storage(i);
}

Batch::~Batch() {
  ::munmap(arena_, arena_bytes(slots_.size(), slot_bytes_));
}

std::byte* Batch::storage(std::size_t index) const noexcept {
  return arena_ + index * slot_stride(slot_bytes_);
}

IoResult ByteChannel::read_some(std::span<std::byte> into) const noexcept {
  while (true) {
    const ssize_t got = ::recv(fd_.get(), into.data(), into.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (got > 0) return {IoStatus::ok, static_cast<std::size_t>(got), 0};
    // Reading into nothing is not the end of the file.
    if (got == 0) return {into.empty() ? IoStatus::ok : IoStatus::closed, 0, 0};
    if (errno != EINTR) return failure(errno);
  }
}

IoResult ByteChannel::write_some(std::span<const std::byte> from) const noexcept {
  while (true) {
    const ssize_t sent = ::send(fd_.get(), from.data(), from.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent >= 0) return {IoStatus::ok, static_cast<std::size_t>(sent), 0};
    if (errno != EINTR) return failure(errno);
  }
}

std::optional<SocketDescription> describe_peer(int fd) {
  return describe_end(peer_address(fd), fd);
}

std::optional<SocketDescription> describe_local(int fd) {
  return describe_end(local_address(fd), fd);
}

}  // namespace netecho
