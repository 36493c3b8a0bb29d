#include "core/base/zero_pages.hpp"

#include <sys/mman.h>

#include <new>

namespace netecho {

void* map_zero_pages(std::size_t bytes) {
  void* const pages = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (pages == MAP_FAILED) throw std::bad_alloc{};
  return pages;
}

void UnmapPages::operator()(void* pages) const noexcept {
  ::munmap(pages, bytes);
}

}  // namespace netecho
