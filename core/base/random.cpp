#include "core/base/random.hpp"

#include <sys/random.h>

#include "core/base/error.hpp"

namespace netecho {

std::uint64_t random_u64() {
  std::uint64_t value = 0;
  checked("getrandom", "", [&] { return ::getrandom(&value, sizeof value, 0); });
  return value;
}

std::uint64_t SplitMix64::next() noexcept {
  state_ += 0x9E3779B97F4A7C15ULL;
  std::uint64_t mixed = state_;
  mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9ULL;
  mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EBULL;
  return mixed ^ (mixed >> 31);
}

double SplitMix64::next_unit() noexcept {
  return static_cast<double>(next() >> 11) * 0x1p-53;
}

}  // namespace netecho
