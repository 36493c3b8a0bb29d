#pragma once

/// \file
/// What the fuzz targets have in common. A target is one file with fuzz_one(); it is linked with
/// libFuzzer to search (`./dev fuzz`), and with a small main to replay its corpus in every test
/// run.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace netecho::fuzz {

/// What one input shows. Defined by each target; aborts on what must not be.
void fuzz_one(std::span<const std::byte> input);

/// Ends the process, as a sanitizer does, if something that always holds does not.
inline void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %s\n", what);
  std::abort();
}

/// The input, taken from its front as whatever is needed. At its end: zeros and empty pieces.
class Input {
 public:
  explicit Input(std::span<const std::byte> bytes) noexcept : left_{bytes} {}

  [[nodiscard]] bool empty() const noexcept { return left_.empty(); }
  std::span<const std::byte> take(std::size_t count) noexcept {
    const auto out = left_.first(std::min(count, left_.size()));
    left_ = left_.subspan(out.size());
    return out;
  }
  std::span<const std::byte> rest() noexcept { return take(left_.size()); }
  std::uint64_t number(std::size_t bytes) noexcept {
    std::uint64_t out = 0;
    for (const std::byte byte : take(bytes)) out = out << 8U | std::to_integer<unsigned>(byte);
    return out;
  }
  std::uint8_t byte() noexcept { return static_cast<std::uint8_t>(number(1)); }
  bool flag() noexcept { return (byte() & 1U) != 0; }

 private:
  std::span<const std::byte> left_;
};

inline std::string_view text_of(std::span<const std::byte> bytes) noexcept {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

inline std::vector<std::byte> copy_of(std::span<const std::byte> bytes) {
  return {bytes.begin(), bytes.end()};
}

}  // namespace netecho::fuzz
