#include "core/codec/crc32c.hpp"

#include <atomic>
#include <bit>
#include <cstring>

#include "core/codec/crc32c_tables.hpp"

#if defined(__x86_64__)
#include <cpuid.h>
#include <immintrin.h>
#define NETECHO_CRC_INSTRUCTIONS __attribute__((target("sse4.2,pclmul")))
#endif

namespace netecho {
namespace {

std::uint64_t load_little_endian(const std::byte* from) noexcept {
  std::uint64_t value = 0;
  std::memcpy(&value, from, sizeof value);
  if constexpr (std::endian::native == std::endian::big) value = __builtin_bswap64(value);
  return value;
}

/// Takes one step of slicing by 8: returns the remainder of `word` (with the running remainder
/// already in its low 32 bits), first byte lowest.
std::uint32_t reduce_word(std::uint64_t word) noexcept {
  std::uint32_t remainder = 0;
  for (std::size_t i = 0; i < 8; ++i) {
    remainder ^= kCrcSlices[7 - i][(word >> (8 * i)) & 0xFFU];
  }
  return remainder;
}

/// a * b * x^33 mod P.
std::uint32_t multiply_by_table(std::uint32_t a, std::uint32_t b) noexcept {
  std::uint64_t product = 0;
  for (unsigned bit = 0; bit < 32; ++bit) {
    product ^= (std::uint64_t{b} << bit) & (0 - std::uint64_t{(a >> bit) & 1U});
  }
  return reduce_word(product);
}

#if defined(__x86_64__)

/// a * b * x^33 mod P.
NETECHO_CRC_INSTRUCTIONS inline std::uint32_t multiply_by_cpu(std::uint32_t a,
                                                              std::uint32_t b) noexcept {
  const __m128i product = _mm_clmulepi64_si128(_mm_cvtsi32_si128(static_cast<int>(a)),
                                               _mm_cvtsi32_si128(static_cast<int>(b)), 0);
  const auto bits = static_cast<std::uint64_t>(_mm_cvtsi128_si64(product));
  return static_cast<std::uint32_t>(_mm_crc32_u64(0, bits));
}

/// Takes as many groups of three lanes as there are: the instruction takes three cycles but starts
/// every cycle, so three independent lanes run in the time of one.
template <std::uint32_t kLane>
NETECHO_CRC_INSTRUCTIONS inline std::uint32_t take_lanes(std::span<const std::byte>& data,
                                                         std::uint32_t remainder) noexcept {
  constexpr std::uint32_t kOneLane = crc_shift_factor(kLane);
  constexpr std::uint32_t kTwoLanes = crc_shift_factor(2 * kLane);
  const std::byte* from = data.data();
  std::size_t left = data.size();
  for (; left >= 3 * kLane; left -= 3 * kLane, from += 3 * kLane) {
    std::uint64_t first = remainder;
    std::uint64_t second = 0;
    std::uint64_t third = 0;
    for (std::uint32_t i = 0; i < kLane; i += 8) {
      first = _mm_crc32_u64(first, load_little_endian(from + i));
      second = _mm_crc32_u64(second, load_little_endian(from + kLane + i));
      third = _mm_crc32_u64(third, load_little_endian(from + 2 * kLane + i));
    }
    remainder = multiply_by_cpu(static_cast<std::uint32_t>(first), kTwoLanes) ^
                multiply_by_cpu(static_cast<std::uint32_t>(second), kOneLane) ^
                static_cast<std::uint32_t>(third);
  }
  data = data.last(left);
  return remainder;
}

NETECHO_CRC_INSTRUCTIONS inline std::uint32_t take_words(std::span<const std::byte> data,
                                                         std::uint32_t remainder) noexcept {
  std::uint64_t state = remainder;
  const std::byte* from = data.data();
  std::size_t left = data.size();
  for (; left >= 8; left -= 8, from += 8) state = _mm_crc32_u64(state, load_little_endian(from));
  remainder = static_cast<std::uint32_t>(state);
  for (; left != 0; --left, ++from) {
    remainder = _mm_crc32_u8(remainder, std::to_integer<std::uint8_t>(*from));
  }
  return remainder;
}

NETECHO_CRC_INSTRUCTIONS std::uint32_t crc32c_by_cpu(std::span<const std::byte> data,
                                                     std::uint32_t seed) noexcept {
  std::uint32_t remainder = ~seed;
  if (data.size() >= 3 * 128) {
    remainder = take_lanes<1024>(data, remainder);
    remainder = take_lanes<128>(data, remainder);
  }
  return ~take_words(data, remainder);
}

NETECHO_CRC_INSTRUCTIONS std::uint32_t shift_by_cpu(std::uint32_t remainder,
                                                    std::uint32_t zero_bytes) noexcept {
  for (const CrcTable& row : kCrcShifts) {
    if (zero_bytes == 0) break;
    if (const std::uint32_t digit = zero_bytes & 0xFFU; digit != 0) {
      remainder = multiply_by_cpu(remainder, row[digit]);
    }
    zero_bytes >>= 8;
  }
  return remainder;
}

NETECHO_CRC_INSTRUCTIONS std::uint32_t shifted_by_cpu(std::span<const std::byte> data,
                                                      std::uint32_t factor) noexcept {
  return multiply_by_cpu(take_words(data, 0), factor);
}

// A run of the tests has one CPU, which takes one side of each branch from here to
// crc32c_shift(). Both ways to compute are tested, and against each other. GCOVR_EXCL_BR_START
bool cpu_has_instructions() noexcept {
  unsigned eax = 0;
  unsigned ebx = 0;
  unsigned ecx = 0;
  unsigned edx = 0;
  constexpr unsigned kNeeded = bit_SSE4_2 | bit_PCLMUL;
  return __get_cpuid(1, &eax, &ebx, &ecx, &edx) != 0 && (ecx & kNeeded) == kNeeded;
}

#else

std::uint32_t crc32c_by_cpu(std::span<const std::byte> data, std::uint32_t seed) noexcept {
  return crc32c_table(data, seed);
}

std::uint32_t shift_by_cpu(std::uint32_t remainder, std::uint32_t zero_bytes) noexcept {
  return crc32c_shift_table(remainder, zero_bytes);
}

std::uint32_t shifted_by_cpu(std::span<const std::byte> data, std::uint32_t factor) noexcept {
  return multiply_by_table(~crc32c_table(data, ~0U), factor);
}

bool cpu_has_instructions() noexcept {
  return false;
}

#endif

enum class Method : std::uint8_t { unknown, table, cpu };

/// This is found out at the first use, not at start: CPUID costs microseconds in a virtual machine.
constinit std::atomic<Method> known_method{Method::unknown};

bool use_cpu() noexcept {
  Method method = known_method.load(std::memory_order_relaxed);
  if (method == Method::unknown) [[unlikely]] {
    method = cpu_has_instructions() ? Method::cpu : Method::table;
    known_method.store(method, std::memory_order_relaxed);
  }
  return method == Method::cpu;
}

}  // namespace

std::uint32_t crc32c(std::span<const std::byte> data, std::uint32_t seed) noexcept {
  return use_cpu() ? crc32c_by_cpu(data, seed) : crc32c_table(data, seed);
}

std::uint32_t crc32c_shift(std::uint32_t remainder, std::uint32_t zero_bytes) noexcept {
  return use_cpu() ? shift_by_cpu(remainder, zero_bytes)
                   : crc32c_shift_table(remainder, zero_bytes);
}

Crc32cShift::Crc32cShift(std::uint32_t zero_bytes) noexcept
    : factor_{crc32c_shift(kCrcShifts[0][0], zero_bytes)} {}

std::uint32_t Crc32cShift::remainder(std::span<const std::byte> data) const noexcept {
  return use_cpu() ? shifted_by_cpu(data, factor_) : remainder_table(data);
}
// GCOVR_EXCL_BR_STOP

std::uint32_t Crc32cShift::remainder_table(std::span<const std::byte> data) const noexcept {
  return multiply_by_table(~crc32c_table(data, ~0U), factor_);
}

std::uint32_t crc32c_table(std::span<const std::byte> data, std::uint32_t seed) noexcept {
  std::uint32_t remainder = ~seed;
  const std::byte* from = data.data();
  std::size_t left = data.size();
  for (; left >= 8; left -= 8, from += 8) {
    remainder = reduce_word(load_little_endian(from) ^ remainder);
  }
  for (; left != 0; --left, ++from) {
    const std::uint32_t index = (remainder ^ std::to_integer<std::uint32_t>(*from)) & 0xFFU;
    remainder = (remainder >> 8) ^ kCrcSlices[0][index];
  }
  return ~remainder;
}

std::uint32_t crc32c_shift_table(std::uint32_t remainder, std::uint32_t zero_bytes) noexcept {
  for (const CrcTable& row : kCrcShifts) {
    if (const std::uint32_t digit = zero_bytes & 0xFFU; digit != 0) {
      remainder = multiply_by_table(remainder, row[digit]);
    }
    zero_bytes >>= 8;
  }
  return remainder;
}

bool crc32c_is_accelerated() noexcept {
  return use_cpu();
}

}  // namespace netecho
