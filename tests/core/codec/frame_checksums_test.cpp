#include "core/codec/frame_checksums.hpp"

#include "core/codec/big_endian.hpp"
#include "core/codec/frame.hpp"
#include "tests/core/codec/vectors.hpp"
#include "tests/support/aborts.hpp"
#include "tests/support/catch.hpp"

using namespace netecho;
using namespace netecho::test;
using netecho::testing::aborts;

namespace {

Bytes encoded(const FrameHeader& header) {
  Bytes frame = random_bytes(header.length, 9);
  encode_frame(header, frame);
  return frame;
}

}  // namespace

TEST_CASE("frame checksums: a frame that is numbered is one that was encoded with that number",
          "[unit][frame]") {
  for (const std::uint32_t length : {32U, 33U, 64U, 1472U, 65'536U}) {
    CAPTURE(length);
    FrameHeader header{.length = length, .session = 5, .sequence = {}, .stamp = {}};
    if (length >= 56) header.stamp = FrameStamp{};
    Bytes frame = encoded(header);
    const FrameChecksums checksums{frame, kFrameHeaderBytes};
    for (const std::uint64_t sequence :
         {1ULL, 2ULL, 0xFFFF'FFFF'FFFF'FFFFULL, 0ULL, 77ULL, 77ULL}) {
      checksums.set_sequence(frame.data(), Sequence{sequence});
      header.sequence = Sequence{sequence};
      CHECK(frame == encoded(header));
    }
  }
}

TEST_CASE("frame checksums: those of stamped replies follow from any other of their session",
          "[unit][frame]") {
  for (const std::uint32_t length : {56U, 57U, 64U, 1472U, 65'536U}) {
    CAPTURE(length);
    FrameHeader header{.type = FrameType::reply,
                       .length = length,
                       .session = 5,
                       .sequence = {},
                       .stamp = FrameStamp{1, 2, 3}};
    const FrameChecksums checksums{encoded(header), kFrameStampedHeaderBytes};
    header.sequence = Sequence{0x0123'4567'89AB'CDEF};
    header.stamp = FrameStamp{1'800'000'000'123'456'789, 1'800'000'000'123'500'000, 41};
    const Bytes reply = encoded(header);
    CHECK(checksums.of(reply.data()) == frame_checksum(reply));
    CHECK(checksums.match(reply.data()));
  }
}

TEST_CASE("frame checksums: each wrong bit of what differs shows, and each of the checksum",
          "[unit][frame]") {
  const FrameHeader header{.type = FrameType::reply,
                           .length = 64,
                           .session = 5,
                           .sequence = {},
                           .stamp = FrameStamp{1, 2, 3}};
  const Bytes good = encoded(header);
  const FrameChecksums checksums{good, kFrameStampedHeaderBytes};
  for (std::size_t bit = 0; bit < 8 * kFrameStampedHeaderBytes; ++bit) {
    const std::size_t byte = bit / 8;
    const bool looked_at =
        (byte >= kFrameChecksumAt && byte < kFrameChecksumAt + 4) || byte >= kFrameSequenceAt;
    Bytes frame = good;
    frame[byte] ^= std::byte{static_cast<std::uint8_t>(1U << (bit % 8))};
    CAPTURE(bit);
    REQUIRE(checksums.match(frame.data()) == !looked_at);
  }
}

TEST_CASE("frame checksums: they are made of a whole frame", "[unit][frame]") {
  const auto made = [](std::size_t bytes, std::size_t varying_end) {
    const Bytes frame(bytes);
    return !aborts([&] { static_cast<void>(FrameChecksums{frame, varying_end}); });
  };
  CHECK(made(32, 32));
  CHECK(made(56, 56));
  CHECK(made(kFrameMaxBytes, 56));
  CHECK_FALSE(made(31, 31));
  CHECK_FALSE(made(55, 56));
  CHECK_FALSE(made(56, 31));
  CHECK_FALSE(made(kFrameMaxBytes + 1, 56));
}
