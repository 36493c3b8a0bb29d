#include "core/base/zero_pages.hpp"

#include <sys/mman.h>

#include <cstring>
#include <new>

namespace netecho {
namespace {

constexpr std::size_t kPageBytes = 4096;  // Where pages are larger, some are mostly empty.

constexpr std::align_val_t kAlignment{kZeroPagesAlignment};

}  // namespace

void* map_zero_pages(std::size_t bytes) {
  if (bytes < kPageBytes) return std::memset(::operator new(bytes, kAlignment), 0, bytes);
  void* const pages = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (pages == MAP_FAILED) throw std::bad_alloc{};
  return pages;
}

void UnmapPages::operator()(void* pages) const noexcept {
  if (bytes < kPageBytes) return ::operator delete(pages, kAlignment);
  ::munmap(pages, bytes);
}

}  // namespace netecho
