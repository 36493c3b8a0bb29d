#pragma once

/// \file
/// Tables of the program hold their texts themselves. A pointer to a text has to be relocated when
/// the program starts: each page of a table with pointers is copied then, used or not.

#include <cstddef>
#include <stdexcept>
#include <string_view>

namespace netecho {

/// Holds a text of at most `Capacity` characters, which ends in a zero. A constant that is longer
/// is an error of the compiler.
template <std::size_t Capacity>
class FixedText {
 public:
  constexpr FixedText(std::string_view text) {
    if (text.size() > Capacity) throw std::length_error{"the text is too long for its table"};
    text.copy(text_, text.size());
  }
  constexpr FixedText(const char* text) : FixedText{std::string_view{text}} {}

  [[nodiscard]] constexpr const char* c_str() const { return text_; }
  constexpr operator std::string_view() const { return text_; }

 private:
  char text_[Capacity + 1] = {};
};

}  // namespace netecho
