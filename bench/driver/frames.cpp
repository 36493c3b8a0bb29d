#include "frames.hpp"

#include <array>
#include <cstring>

namespace bench {
namespace {

constexpr std::size_t kTypeAt = 5;
constexpr std::size_t kChecksumAt = 12;
constexpr std::size_t kStampsAt = 32;
constexpr std::size_t kStampsEnd = 56;

void put(char* to, std::uint64_t value, int bytes) noexcept {
  for (int i = bytes; i-- > 0; value >>= 8U) to[i] = static_cast<char>(value & 0xFFU);
}

/// CRC-32C, RFC 3720 section 12.1.
constexpr std::array<std::uint32_t, 256> make_table() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t crc = i;
    for (int bit = 0; bit < 8; ++bit) crc = (crc & 1U) != 0 ? crc >> 1U ^ 0x82F63B78U : crc >> 1U;
    table[i] = crc;
  }
  return table;
}
constexpr std::array<std::uint32_t, 256> kTable = make_table();

std::uint32_t crc_by_table(const char* bytes) noexcept {
  std::uint32_t crc = 0xFFFFFFFFU;
  for (std::size_t i = 0; i < kFrameBytes; ++i) {
    crc = kTable[(crc ^ static_cast<unsigned char>(bytes[i])) & 0xFFU] ^ crc >> 8U;
  }
  return ~crc;
}

#ifdef __x86_64__
__attribute__((target("sse4.2"))) std::uint32_t crc_by_instruction(const char* bytes) noexcept {
  std::uint64_t crc = 0xFFFFFFFFU;
  for (std::size_t i = 0; i < kFrameBytes; i += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes + i, sizeof word);
    crc = __builtin_ia32_crc32di(crc, word);
  }
  return ~static_cast<std::uint32_t>(crc);
}
#endif

std::uint32_t crc32c(const char* bytes) noexcept {
#ifdef __x86_64__
  static const bool has_instruction = __builtin_cpu_supports("sse4.2") != 0;
  if (has_instruction) return crc_by_instruction(bytes);
#endif
  return crc_by_table(bytes);
}

/// All but the checksum.
void write_rest(char* to, std::uint64_t session, std::uint64_t sequence) noexcept {
  put(to, 0x894E4543, 4);
  put(to + 4, 0x01010001, 4);  // Version 1, a request, with a stamp block.
  put(to + 8, kFrameBytes, 4);
  put(to + kChecksumAt, 0, 4);
  put(to + 16, session, 8);
  put(to + kFrameSequenceAt, sequence, 8);
  std::memset(to + kStampsAt, 0, kStampsEnd - kStampsAt);
  put(to + kStampsEnd, ~sequence, 8);
}

}  // namespace

void write_frame(char* to, std::uint64_t session, std::uint64_t sequence) noexcept {
  write_rest(to, session, sequence);
  put(to + kChecksumAt, crc32c(to), 4);
}

FrameEcho read_frame(const char* from, std::uint64_t session, std::uint64_t sequence) noexcept {
  std::array<char, kFrameBytes> sent;
  write_rest(sent.data(), session, sequence);
  const auto same = [&](std::size_t begin, std::size_t end) {
    return std::memcmp(from + begin, sent.data() + begin, end - begin) == 0;
  };
  const char type = from[kTypeAt];
  if (!same(0, kTypeAt) || !same(kTypeAt + 1, kChecksumAt) || !same(16, kStampsAt) ||
      !same(kStampsEnd, kFrameBytes)) {
    return FrameEcho::other;
  }
  if (type == 1) return same(kStampsAt, kStampsEnd) ? FrameEcho::returned : FrameEcho::other;
  // The checksum is over what the server made of it.
  std::array<char, kFrameBytes> copy;
  std::memcpy(copy.data(), from, copy.size());
  put(copy.data() + kChecksumAt, 0, 4);
  put(sent.data(), crc32c(copy.data()), 4);
  const bool intact = std::memcmp(from + kChecksumAt, sent.data(), 4) == 0;
  return type == 2 && intact ? FrameEcho::stamped : FrameEcho::other;
}

}  // namespace bench
