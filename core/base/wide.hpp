#pragma once

/// \file
/// Some sums need more than 64 bits: Wide is an unsigned integer of 128 bits, modulo 2^128.

#include <compare>
#include <cstdint>

namespace netecho {

/// Serves targets whose compiler has no such type (32 bits). Its slow division is for reports.
class TwoWords {
 public:
  constexpr TwoWords() noexcept = default;
  // Not explicit: a number is a number.
  constexpr TwoWords(std::uint64_t low) noexcept : low_{low} {}

  constexpr bool operator==(const TwoWords&) const noexcept = default;
  constexpr std::strong_ordering operator<=>(const TwoWords& other) const noexcept {
    return high_ != other.high_ ? high_ <=> other.high_ : low_ <=> other.low_;
  }

  constexpr explicit operator std::uint64_t() const noexcept { return low_; }
  constexpr explicit operator std::int64_t() const noexcept {
    return static_cast<std::int64_t>(low_);
  }
  constexpr explicit operator long double() const noexcept {
    return static_cast<long double>(high_) * 0x1p64L + static_cast<long double>(low_);
  }

  constexpr TwoWords& operator+=(const TwoWords& other) noexcept { return *this = *this + other; }

  friend constexpr TwoWords operator+(const TwoWords& a, const TwoWords& b) noexcept {
    const std::uint64_t low = a.low_ + b.low_;
    return {a.high_ + b.high_ + (low < a.low_ ? 1U : 0U), low};
  }
  friend constexpr TwoWords operator-(const TwoWords& a, const TwoWords& b) noexcept {
    return {a.high_ - b.high_ - (a.low_ < b.low_ ? 1U : 0U), a.low_ - b.low_};
  }
  friend constexpr TwoWords operator*(const TwoWords& a, const TwoWords& b) noexcept {
    constexpr std::uint64_t kHalf = 0xFFFF'FFFF;
    const std::uint64_t a0 = a.low_ & kHalf;
    const std::uint64_t a1 = a.low_ >> 32U;
    const std::uint64_t b0 = b.low_ & kHalf;
    const std::uint64_t b1 = b.low_ >> 32U;
    const std::uint64_t middle = a1 * b0 + (a0 * b0 >> 32U);
    const std::uint64_t carried = a0 * b1 + (middle & kHalf);
    const std::uint64_t high = a1 * b1 + (middle >> 32U) + (carried >> 32U);
    return {high + a.high_ * b.low_ + a.low_ * b.high_, a.low_ * b.low_};
  }
  /// REQUIRES: b is not 0.
  friend constexpr TwoWords operator/(const TwoWords& a, const TwoWords& b) noexcept {
    TwoWords quotient;
    TwoWords rest;
    for (unsigned i = 128; i-- > 0;) {
      const std::uint64_t bit = (i < 64 ? a.low_ >> i : a.high_ >> (i - 64)) & 1U;
      const bool carries = rest.high_ >> 63U != 0;
      rest = rest + rest + bit;
      quotient = quotient + quotient;
      if (!carries && rest < b) continue;
      rest = rest - b;
      quotient.low_ |= 1U;
    }
    return quotient;
  }

 private:
  constexpr TwoWords(std::uint64_t high, std::uint64_t low) noexcept : high_{high}, low_{low} {}

  std::uint64_t high_ = 0;  ///< First, so that the default comparison is that of the numbers.
  std::uint64_t low_ = 0;
};

#ifdef __SIZEOF_INT128__
__extension__ typedef unsigned __int128 Wide;
#else
using Wide = TwoWords;
#endif

}  // namespace netecho
