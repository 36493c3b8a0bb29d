#include "core/codec/crc32c.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>
#include <vector>

#include "tests/core/codec/vectors.hpp"
#include "tests/support/catch.hpp"

using namespace netecho;
using netecho::test::random_bytes;

namespace {

/// One bit at a time, straight from the definition.
std::uint32_t crc32c_by_definition(std::span<const std::byte> data) {
  std::uint32_t crc = ~0U;
  for (const std::byte byte : data) {
    crc ^= std::to_integer<std::uint32_t>(byte);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1U) != 0 ? 0x82F63B78U : 0U);
  }
  return ~crc;
}

}  // namespace

TEST_CASE("crc32c: the examples of RFC 3720 B.4", "[unit][crc32c]") {
  std::array<std::byte, 32> bytes{};
  CHECK(crc32c(bytes) == 0x8A9136AA);
  bytes.fill(std::byte{0xFF});
  CHECK(crc32c(bytes) == 0x62A8AB43);
  for (std::size_t i = 0; i < 32; ++i) bytes[i] = static_cast<std::byte>(i);
  CHECK(crc32c(bytes) == 0x46DD794E);
  std::ranges::reverse(bytes);
  CHECK(crc32c(bytes) == 0x113FDB5C);

  std::array<std::byte, 48> scsi_read{};  // "An iSCSI - SCSI Read (10) Command PDU"
  constexpr std::array<std::uint8_t, 2> kStart{0x01, 0xC0};
  std::memcpy(scsi_read.data(), kStart.data(), kStart.size());
  scsi_read[16] = std::byte{0x14};
  scsi_read[22] = std::byte{0x04};
  scsi_read[27] = std::byte{0x14};
  scsi_read[31] = std::byte{0x18};
  scsi_read[32] = std::byte{0x28};
  scsi_read[40] = std::byte{0x02};
  CHECK(crc32c(scsi_read) == 0xD9963A56);
}

TEST_CASE("crc32c: nothing has the CRC 0, and the check value is the catalogue's",
          "[unit][crc32c]") {
  CHECK(crc32c({}) == 0);
  constexpr std::string_view kDigits = "123456789";
  CHECK(crc32c(std::as_bytes(std::span{kDigits})) == 0xE3069283);
}

TEST_CASE("crc32c: instruction and table agree with the definition at every length and alignment",
          "[unit][crc32c]") {
  const auto bytes = random_bytes(320, 1);
  for (std::size_t start = 0; start < 8; ++start) {
    for (std::size_t size = 0; size <= 300; ++size) {
      const auto part = std::span{bytes}.subspan(start, size);
      const std::uint32_t expected = crc32c_by_definition(part);
      if (crc32c(part) == expected && crc32c_table(part) == expected) continue;
      CAPTURE(start, size);
      CHECK(crc32c(part) == expected);
      REQUIRE(crc32c_table(part) == expected);
    }
  }
}

TEST_CASE("crc32c: long messages, which go in three lanes, agree too", "[unit][crc32c]") {
  const auto bytes = random_bytes(65'536 + 8, 2);
  constexpr std::array<std::size_t, 15> kSizes{383,  384,  385,  767,  768,    1472,   3071,  3072,
                                               3073, 3456, 6144, 9000, 65'507, 65'535, 65'536};
  for (const std::size_t size : kSizes) {
    for (const std::size_t start : {0U, 1U, 7U}) {
      const auto part = std::span{bytes}.subspan(start, size);
      CAPTURE(start, size);
      const std::uint32_t expected = crc32c_by_definition(part);
      CHECK(crc32c(part) == expected);
      CHECK(crc32c_table(part) == expected);
    }
  }
}

TEST_CASE("crc32c: the seed goes on where the last call ended", "[unit][crc32c]") {
  const auto whole_bytes = random_bytes(1000, 3);
  const std::span whole{whole_bytes};
  for (std::size_t cut = 0; cut <= whole.size(); cut += 37) {
    CAPTURE(cut);
    CHECK(crc32c(whole.subspan(cut), crc32c(whole.first(cut))) == crc32c(whole));
    CHECK(crc32c_table(whole.subspan(cut), crc32c_table(whole.first(cut))) == crc32c(whole));
  }
}

TEST_CASE("crc32c: shifting is the same as appending zeros", "[unit][crc32c]") {
  auto bytes = random_bytes(24, 4);
  const std::uint32_t crc = crc32c(bytes);
  const std::uint32_t remainder = crc32c_remainder(bytes);
  constexpr std::uint32_t kMost = 65'536;
  std::uint32_t grown = crc;  // CRC of the bytes and `zeros` real zeros.
  constexpr std::array kZero{std::byte{0}};
  for (std::uint32_t zeros = 0; zeros <= kMost; ++zeros) {
    const bool every = crc32c_append_zeros(crc, zeros) == grown &&
                       ~crc32c_shift_table(~crc, zeros) == grown &&
                       crc32c_shift(remainder, zeros) == crc32c_shift_table(remainder, zeros);
    if (!every) {
      CAPTURE(zeros);
      CHECK(crc32c_append_zeros(crc, zeros) == grown);
      CHECK(~crc32c_shift_table(~crc, zeros) == grown);
      REQUIRE(crc32c_shift(remainder, zeros) == crc32c_shift_table(remainder, zeros));
    }
    grown = crc32c_table(kZero, grown);
  }
  bytes.resize(bytes.size() + kMost);
  CHECK(crc32c_shift(remainder, kMost) == crc32c_remainder(bytes));
}

TEST_CASE("crc32c: shifts beyond 64 KiB add up", "[unit][crc32c]") {
  const std::uint32_t remainder = 0xDEADBEEF;
  for (const std::uint32_t zeros : {65'537U, 0x00FF'FFFFU, 0x0100'0000U, 0x7FFF'FFFFU}) {
    CAPTURE(zeros);
    const std::uint32_t twice = crc32c_shift(crc32c_shift(remainder, zeros), zeros);
    CHECK(crc32c_shift(remainder, 2 * zeros) == twice);
    CHECK(crc32c_shift_table(remainder, 2 * zeros) == twice);
    CHECK(crc32c_shift(remainder, zeros) ==
          crc32c_shift(crc32c_shift(remainder, zeros - 65'536), 65'536));
  }
}

TEST_CASE("crc32c: a shift made once is the same as shifting each time", "[unit][crc32c]") {
  for (const std::uint32_t zeros : {0U, 1U, 8U, 255U, 256U, 65'504U, 0x0100'0003U}) {
    const Crc32cShift shift{zeros};
    for (const std::size_t size : {0U, 1U, 8U, 13U, 32U, 400U, 4000U}) {
      CAPTURE(zeros, size);
      const auto bytes = random_bytes(size, 6);
      const std::uint32_t expected = crc32c_shift_table(crc32c_remainder(bytes), zeros);
      CHECK(shift.remainder(bytes) == expected);
      CHECK(shift.remainder_table(bytes) == expected);
    }
  }
}

TEST_CASE("crc32c: the CRC of a changed message is its old CRC and the changed bits' remainder",
          "[unit][crc32c]") {
  const auto before = random_bytes(1472, 5);
  auto after = before;
  std::array<std::byte, 8> changed{};
  for (std::size_t i = 0; i < changed.size(); ++i) {
    changed[i] = static_cast<std::byte>(0x11 * (i + 1));
    after[100 + i] ^= changed[i];
  }
  CHECK(crc32c(after) ==
        (crc32c(before) ^ crc32c_shift(crc32c_remainder(changed), 1472 - 100 - 8)));
}

#if defined(__x86_64__)
TEST_CASE("crc32c: the CPU's instructions are used where it has them", "[unit][crc32c]") {
  const bool expected =
      __builtin_cpu_supports("sse4.2") != 0 && __builtin_cpu_supports("pclmul") != 0;
  CHECK(crc32c_is_accelerated() == expected);
}
#endif
