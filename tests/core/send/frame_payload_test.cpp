#include "core/send/frame_payload.hpp"

#include <array>

#include "core/codec/frame.hpp"
#include "core/codec/stamp.hpp"
#include "tests/support/catch.hpp"

using namespace netecho;

TEST_CASE("frame_payload: it is one whole request that no server changes", "[unit]") {
  const auto payload = frame_payload(0x0123'4567'89AB'CDEF, 7);
  std::array<std::byte, kFramePayloadBytes + 1> bytes{};
  REQUIRE(payload->read(bytes) == kFramePayloadBytes);
  CHECK(payload->read(bytes) == 0);
  const auto frame = std::span{bytes}.first(kFramePayloadBytes);
  FrameHeader header;
  REQUIRE(decode_frame(frame, header) == DecodeStatus::ok);
  CHECK(header.type == FrameType::request);
  CHECK(header.session == 0x0123'4567'89AB'CDEF);
  CHECK(header.sequence == Sequence{7});
  CHECK_FALSE(header.stamp);
  CHECK_FALSE(header.authenticated);
  FramePrefix prefix;
  REQUIRE(decode_prefix(frame, prefix) == DecodeStatus::ok);
  CHECK_FALSE(wants_stamp(prefix));
}
