#pragma once

/// \file
/// A Buffer is memory to read into. Unlike a vector's it is not cleared first, so that large
/// buffers cost nothing where they are not used (clearing two of 256 KiB took a quarter of a whole
/// `send`).

#include <cstddef>
#include <memory>
#include <span>

namespace netecho {

class Buffer {
 public:
  explicit Buffer(std::size_t bytes)
      : data_{std::make_unique_for_overwrite<std::byte[]>(bytes)}, size_{bytes} {}

  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] std::byte* data() noexcept { return data_.get(); }
  [[nodiscard]] const std::byte* data() const noexcept { return data_.get(); }
  [[nodiscard]] std::byte* begin() noexcept { return data(); }
  [[nodiscard]] std::byte* end() noexcept { return data() + size_; }
  [[nodiscard]] const std::byte* begin() const noexcept { return data(); }
  [[nodiscard]] const std::byte* end() const noexcept { return data() + size_; }

 private:
  std::unique_ptr<std::byte[]> data_;
  std::size_t size_;
};

}  // namespace netecho
