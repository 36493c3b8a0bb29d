#pragma once

/// \file
/// Large arrays of which little may ever be used: memory of the kernel's that is zero, and is not
/// there until it is touched. What malloc() gives again has to be cleared first, which touches all.
/// What is less than a page is allocated nevertheless: a page of its own would be mostly empty.

#include <cstddef>
#include <memory>
#include <type_traits>

namespace netecho {

inline constexpr std::size_t kZeroPagesAlignment = 64;  ///< A cache line.

/// All zero. REQUIRES: bytes > 0. Throws std::bad_alloc.
[[nodiscard]] void* map_zero_pages(std::size_t bytes);

/// Gives back what map_zero_pages() gave.
struct UnmapPages {
  std::size_t bytes = 0;
  void operator()(void* pages) const noexcept;
};

/// For a std::vector that is to have room, and no memory before it is filled.
template <typename T>
struct ZeroPageAllocator {
  using value_type = T;
  static_assert(alignof(T) <= kZeroPagesAlignment);

  ZeroPageAllocator() noexcept = default;
  template <typename Other>
  ZeroPageAllocator(const ZeroPageAllocator<Other>& /*other*/) noexcept {}

  [[nodiscard]] T* allocate(std::size_t size) {
    return static_cast<T*>(map_zero_pages(size * sizeof(T)));
  }
  void deallocate(T* pages, std::size_t size) const noexcept {
    UnmapPages{size * sizeof(T)}(pages);
  }
  bool operator==(const ZeroPageAllocator&) const noexcept = default;
};

/// A fixed number of T, each of which is all zero bits at first.
template <typename T>
class ZeroPages {
  static_assert(std::is_trivially_copyable_v<T> && std::is_trivially_destructible_v<T>);

 public:
  ZeroPages() noexcept = default;
  /// REQUIRES: size > 0. Throws std::bad_alloc.
  explicit ZeroPages(std::size_t size)
      : pages_{static_cast<T*>(map_zero_pages(size * sizeof(T))), UnmapPages{size * sizeof(T)}} {}

  [[nodiscard]] bool empty() const noexcept { return pages_ == nullptr; }
  [[nodiscard]] std::size_t size() const noexcept {
    return empty() ? 0 : pages_.get_deleter().bytes / sizeof(T);
  }
  [[nodiscard]] T* data() const noexcept { return pages_.get(); }
  [[nodiscard]] T& operator[](std::size_t index) noexcept { return pages_[index]; }
  [[nodiscard]] const T& operator[](std::size_t index) const noexcept { return pages_[index]; }

 private:
  std::unique_ptr<T[], UnmapPages> pages_;
};

}  // namespace netecho
