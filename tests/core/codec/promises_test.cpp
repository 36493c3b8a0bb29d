// What the codec requires of its callers: a broken promise ends the process, whatever the build,
// before a byte outside the buffer is touched.

#include <array>

#include "core/codec/auth.hpp"
#include "core/codec/frame.hpp"
#include "tests/core/codec/vectors.hpp"
#include "tests/support/aborts.hpp"

using namespace netecho;
using namespace netecho::test;
using netecho::testing::aborts;

namespace {

FrameHeader header_of(std::uint32_t length) {
  return {.length = length, .session = 7, .sequence = {}, .stamp = {}};
}

/// Whether `action` aborts on a buffer of this size.
template <typename Action>
bool aborts_on(std::size_t size, Action action) {
  Bytes buffer(size);
  return aborts([&] { action(std::span{buffer}); });
}

}  // namespace

TEST_CASE("promises: a header is read and changed only where there is one", "[unit][frame]") {
  const auto read = [](std::span<std::byte> b) { static_cast<void>(read_frame_key(b)); };
  const auto check = [](std::span<std::byte> b) { static_cast<void>(checksum_matches(b)); };
  const auto write = [](std::span<std::byte> b) { write_checksum(b); };
  const auto reply = [](std::span<std::byte> b) { set_reply_type(b); };
  const auto everything = [&](std::size_t size) {
    return std::array{aborts_on(size, read), aborts_on(size, check), aborts_on(size, write),
                      aborts_on(size, reply)};
  };
  CHECK(everything(kFrameHeaderBytes) == std::array{false, false, false, false});
  CHECK(everything(kFrameHeaderBytes - 1) == std::array{true, true, true, true});
}

TEST_CASE("promises: a frame is encoded into as many bytes as its header says", "[unit][frame]") {
  const auto encode = [](const FrameHeader& header) {
    return [header](std::span<std::byte> frame) { encode_frame(header, frame); };
  };
  CHECK_FALSE(aborts_on(64, encode(header_of(64))));
  CHECK(aborts_on(63, encode(header_of(64))));
  CHECK(aborts_on(65, encode(header_of(64))));
  CHECK_FALSE(aborts_on(kFrameMaxBytes, encode(header_of(kFrameMaxBytes))));
  CHECK(aborts_on(kFrameMaxBytes + 1, encode(header_of(kFrameMaxBytes + 1))));
}

TEST_CASE("promises: a frame has room for all of its parts", "[unit][frame]") {
  for (const bool stamped : {false, true}) {
    for (const bool authenticated : {false, true}) {
      CAPTURE(stamped, authenticated);
      const std::uint32_t least = frame_minimum(stamped, authenticated);
      const auto encode = [&](std::span<std::byte> frame) {
        FrameHeader header = header_of(static_cast<std::uint32_t>(frame.size()));
        header.authenticated = authenticated;
        if (stamped) header.stamp = FrameStamp{};
        encode_frame(header, frame);
      };
      CHECK_FALSE(aborts_on(least, encode));
      CHECK(aborts_on(least - 1, encode));
    }
  }
}

TEST_CASE("promises: a stamp is written only where its block is", "[unit][frame]") {
  const auto stamp = [](std::uint32_t frame_length) {
    return [=](std::span<std::byte> head) { stamp_frame(head, frame_length, {}); };
  };
  CHECK_FALSE(aborts_on(kFrameStampedHeaderBytes, stamp(kFrameStampedHeaderBytes)));
  CHECK(aborts_on(kFrameStampedHeaderBytes - 1, stamp(kFrameStampedHeaderBytes)));
  CHECK(aborts_on(kFrameStampedHeaderBytes, stamp(kFrameStampedHeaderBytes - 1)));
}

TEST_CASE("promises: a tag is computed only of what has room for one", "[unit][auth]") {
  const AuthKey key{Bytes(32, std::byte{'k'})};
  const std::size_t least = frame_minimum(false, true);
  const auto verify = [&](std::span<std::byte> frame) { static_cast<void>(key.verify(frame)); };
  const auto sign = [&](std::span<std::byte> frame) { key.sign(frame); };
  CHECK_FALSE(aborts_on(least, verify));
  CHECK_FALSE(aborts_on(least, sign));
  CHECK(aborts_on(least - 1, verify));
  CHECK(aborts_on(least - 1, sign));
}
