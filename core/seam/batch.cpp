#include "core/seam/batch.hpp"

#include <algorithm>
#include <cerrno>
#include <new>

#include "core/base/error.hpp"
#include "core/base/units.hpp"

namespace netecho {
namespace {

/// Each slot starts on a cache line of its own.
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
ZeroPages<std::byte> map_arena(std::size_t bytes) try {
  return ZeroPages<std::byte>{bytes};
} catch (const std::bad_alloc&) {
  throw Error{ErrorCategory::io, "allocate", format_size(bytes), errno_text(ENOMEM), ENOMEM};
}

}  // namespace

Batch::Batch(std::size_t slot_count, std::size_t slot_bytes)
    : slot_bytes_{slot_bytes},
      arena_{map_arena(arena_bytes(slot_count, slot_bytes))},
      slots_(slot_count) {
  for (std::size_t i = 0; i < slot_count; ++i) slots_[i].data = storage(i);
}

std::byte* Batch::storage(std::size_t index) const noexcept {
  return arena_.data() + index * slot_stride(slot_bytes_);
}

}  // namespace netecho
