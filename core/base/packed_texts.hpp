#pragma once

/// \file
/// Long tables of texts of all lengths are packed by the compiler: the texts stand one behind the
/// other, without pointers, which would have to be relocated when the program starts.

#include <array>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string_view>

namespace netecho {

/// Holds `Count` texts of `Bytes` in all, in the order in which they were added.
template <std::size_t Count, std::size_t Bytes>
class PackedTexts {
 public:
  constexpr void add(std::string_view text) {
    const std::size_t begin = count_ == 0 ? 0 : ends_[count_ - 1];
    text.copy(bytes_.data() + begin, text.size());
    ends_[count_++] = static_cast<std::uint16_t>(begin + text.size());
  }

  [[nodiscard]] constexpr std::string_view operator[](std::size_t index) const noexcept {
    const std::size_t begin = index == 0 ? 0 : ends_[index - 1];
    return {bytes_.data() + begin, ends_[index] - begin};
  }

 private:
  static_assert(Bytes <= UINT16_MAX);
  std::array<char, Bytes> bytes_{};
  std::array<std::uint16_t, Count> ends_{};
  std::size_t count_ = 0;
};

/// Packs a column of a table, which itself is then not part of the program.
template <const auto& kRows, auto kColumn>
consteval auto packed() {
  constexpr std::size_t kBytes = [] {
    std::size_t sum = 0;
    for (const auto& row : kRows) sum += (row.*kColumn).size();
    return sum;
  }();
  PackedTexts<std::size(kRows), kBytes> out;
  for (const auto& row : kRows) out.add(row.*kColumn);
  return out;
}

}  // namespace netecho
