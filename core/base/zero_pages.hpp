#pragma once

/// \file
/// Large arrays of which little may ever be used: memory of the kernel's that is zero, and is not
/// there until it is touched. What malloc() gives again has to be cleared first, which touches all.

#include <cstddef>
#include <memory>
#include <type_traits>

namespace netecho {

/// A private mapping. Throws std::bad_alloc.
[[nodiscard]] void* map_zero_pages(std::size_t bytes);

/// Gives a mapping back.
struct UnmapPages {
  std::size_t bytes = 0;
  void operator()(void* pages) const noexcept;
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
