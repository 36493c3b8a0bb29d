#include "core/codec/frame.hpp"

#include <algorithm>
#include <map>

#include "core/codec/crc32c.hpp"
#include "tests/core/codec/vectors.hpp"
#include "tests/support/catch.hpp"

using namespace netecho;
using namespace netecho::test;

namespace {

const std::map<std::string, DecodeStatus> kStatusNames{
    {"ok", DecodeStatus::ok},
    {"truncated", DecodeStatus::truncated},
    {"bad_magic", DecodeStatus::bad_magic},
    {"bad_version", DecodeStatus::bad_version},
    {"bad_type", DecodeStatus::bad_type},
    {"bad_flags", DecodeStatus::bad_flags},
    {"bad_length", DecodeStatus::bad_length},
    {"bad_checksum", DecodeStatus::bad_checksum}};

FrameHeader header_of(const Vector& vector) {
  FrameHeader header{.type = static_cast<FrameType>(vector.number("type")),
                     .authenticated = vector.number("auth") == 1,
                     .length = static_cast<std::uint32_t>(vector.number("length")),
                     .session = vector.number("session", 16),
                     .sequence = Sequence{vector.number("sequence")},
                     .stamp = {}};
  if (vector.number("stamp") == 1) {
    header.stamp =
        FrameStamp{vector.number("received"), vector.number("sent"), vector.number("count")};
  }
  return header;
}

FrameStamp stamp_of(const Vector& vector) {
  return {vector.number("received"), vector.number("sent"), vector.number("count")};
}

Bytes encoded(const FrameHeader& header, std::uint64_t payload_seed) {
  Bytes frame = random_bytes(header.length, payload_seed);
  encode_frame(header, frame);
  return frame;
}

}  // namespace

TEST_CASE("frame: decoding gives what the vectors say", "[unit][frame]") {
  for (const Vector& vector : vectors("frame")) {
    CAPTURE(vector.name);
    FrameHeader untouched;
    untouched.session = 99;
    FrameHeader header = untouched;
    const DecodeStatus status = decode_frame(vector.bytes("bytes"), header);
    REQUIRE(status == kStatusNames.at(vector.text("status")));
    CHECK(header == (status == DecodeStatus::ok ? header_of(vector) : untouched));
  }
}

TEST_CASE("frame: encoding gives the vectors' bytes", "[unit][frame]") {
  int encoded_total = 0;
  for (const Vector& vector : vectors("frame")) {
    if (vector.text("status") != "ok") continue;
    CAPTURE(vector.name);
    const Bytes expected = vector.bytes("bytes");
    const FrameHeader header = header_of(vector);
    Bytes frame = expected;  // Payload and tag stay; the rest is written anew.
    std::fill_n(frame.begin(), frame_minimum(header.stamp.has_value(), false), std::byte{0xEE});
    encode_frame(header, frame);
    CHECK(frame == expected);
    ++encoded_total;
  }
  CHECK(encoded_total == 11);
}

TEST_CASE("frame: headers are equal when every field is", "[unit][frame]") {
  const FrameHeader header{.type = FrameType::request,
                           .authenticated = false,
                           .length = 64,
                           .session = 1,
                           .sequence = {},
                           .stamp = FrameStamp{2, 3, 4}};
  CHECK(header == FrameHeader{header});
  const auto differs = [&](auto change) {
    FrameHeader other = header;
    change(other);
    return header != other && other != header;
  };
  CHECK(differs([](FrameHeader& other) { other.type = FrameType::reply; }));
  CHECK(differs([](FrameHeader& other) { other.authenticated = true; }));
  CHECK(differs([](FrameHeader& other) { other.length = 65; }));
  CHECK(differs([](FrameHeader& other) { other.session = 2; }));
  CHECK(differs([](FrameHeader& other) { other.sequence = Sequence{1}; }));
  CHECK(differs([](FrameHeader& other) { other.stamp.reset(); }));
  CHECK(differs([](FrameHeader& other) { other.stamp->received_unix_ns = 5; }));
  CHECK(differs([](FrameHeader& other) { other.stamp->sent_unix_ns = 5; }));
  CHECK(differs([](FrameHeader& other) { other.stamp->count = 5; }));
}

TEST_CASE("frame: what was encoded is decoded, for every size and kind", "[unit][frame]") {
  for (const std::uint32_t length :
       {32U, 33U, 48U, 56U, 57U, 64U, 72U, 73U, 1472U, 65'535U, 65'536U}) {
    for (const bool stamped : {false, true}) {
      for (const bool authenticated : {false, true}) {
        if (length < frame_minimum(stamped, authenticated)) continue;
        CAPTURE(length, stamped, authenticated);
        FrameHeader header{.type = authenticated ? FrameType::reply : FrameType::request,
                           .authenticated = authenticated,
                           .length = length,
                           .session = 0xFEDC'BA98'7654'3210,
                           .sequence = Sequence{length},
                           .stamp = {}};
        if (stamped) header.stamp = FrameStamp{1, 2, 3};
        FrameHeader decoded;
        REQUIRE(decode_frame(encoded(header, length), decoded) == DecodeStatus::ok);
        CHECK(decoded == header);
      }
    }
  }
}

TEST_CASE("frame: the minimum is 32 bytes, 56 with a stamp, 48 with a tag, 72 with both",
          "[unit][frame]") {
  CHECK(frame_minimum(false, false) == 32);
  CHECK(frame_minimum(true, false) == 56);
  CHECK(frame_minimum(false, true) == 48);
  CHECK(frame_minimum(true, true) == 72);
}

TEST_CASE("frame: every single flipped bit is rejected", "[unit][frame]") {
  for (const char* name : {"smallest", "smallest-stamped", "request-64", "reply-64",
                           "smallest-stamped-authenticated", "request-1472"}) {
    Bytes frame = vector_named("frame", name).bytes("bytes");
    for (std::size_t bit = 0; bit < 8 * frame.size(); ++bit) {
      const std::byte mask{static_cast<std::uint8_t>(1U << (bit % 8))};
      frame[bit / 8] ^= mask;
      FrameHeader header;
      const DecodeStatus status = decode_frame(frame, header);
      frame[bit / 8] ^= mask;
      if (status != DecodeStatus::ok) continue;
      CAPTURE(name, bit);
      REQUIRE(status != DecodeStatus::ok);
    }
  }
}

TEST_CASE("frame: every start of a frame is truncated, for the prefix only below 12 bytes",
          "[unit][frame]") {
  const Bytes frame = vector_named("frame", "request-64").bytes("bytes");
  for (std::size_t size = 0; size < frame.size(); ++size) {
    CAPTURE(size);
    const auto start = std::span{frame}.first(size);
    FrameHeader header;
    FramePrefix prefix;
    CHECK(decode_frame(start, header) == DecodeStatus::truncated);
    CHECK((decode_prefix(start, prefix) == DecodeStatus::ok) == (size >= 12));
  }
}

TEST_CASE("frame: the prefix knows a wrong byte as soon as it is there", "[unit][frame]") {
  const Bytes good = vector_named("frame", "request-64").bytes("bytes");
  struct Wrong {
    std::size_t at;
    std::uint8_t value;
    DecodeStatus status;
  };
  for (const Wrong& wrong :
       {Wrong{0, 0x88, DecodeStatus::bad_magic}, Wrong{1, 0, DecodeStatus::bad_magic},
        Wrong{3, 'c', DecodeStatus::bad_magic}, Wrong{4, 2, DecodeStatus::bad_version},
        Wrong{5, 0, DecodeStatus::bad_type}, Wrong{5, 3, DecodeStatus::bad_type},
        Wrong{6, 1, DecodeStatus::bad_flags}, Wrong{7, 4, DecodeStatus::bad_flags},
        Wrong{7, 0x81, DecodeStatus::bad_flags}}) {
    CAPTURE(wrong.at, int{wrong.value});
    Bytes bytes = good;
    bytes[wrong.at] = std::byte{wrong.value};
    FramePrefix prefix;
    CHECK(decode_prefix(std::span{bytes}.first(wrong.at), prefix) == DecodeStatus::truncated);
    CHECK(decode_prefix(std::span{bytes}.first(wrong.at + 1), prefix) == wrong.status);
    CHECK(decode_prefix(bytes, prefix) == wrong.status);
  }
}

TEST_CASE("frame: stamping gives the vectors' replies", "[unit][frame]") {
  for (const Vector& vector : vectors("stamp")) {
    CAPTURE(vector.name);
    Bytes frame = vector.bytes("request");
    stamp_frame(frame, static_cast<std::uint32_t>(frame.size()), stamp_of(vector));
    CHECK(frame == vector.bytes("reply"));
  }
}

TEST_CASE("frame: stamping needs only the first 56 bytes", "[unit][frame]") {
  const Vector vector = vector_named("stamp", "largest");
  Bytes frame = vector.bytes("request");
  stamp_frame(std::span{frame}.first(56), 65'536, stamp_of(vector));
  CHECK(frame == vector.bytes("reply"));
}

TEST_CASE("frame: a corrupt frame stays corrupt, by the same bits", "[unit][frame]") {
  for (const char* name : {"smallest", "request-64", "request-1472"}) {
    const Vector vector = vector_named("stamp", name);
    const Bytes good = vector.bytes("request");
    const auto length = static_cast<std::uint32_t>(good.size());
    for (std::size_t bit = 0; bit < 8 * good.size(); ++bit) {
      const std::byte mask{static_cast<std::uint8_t>(1U << (bit % 8))};
      Bytes stamped = good;
      stamped[bit / 8] ^= mask;
      FramePrefix prefix;
      const bool still_a_frame = decode_prefix(stamped, prefix) == DecodeStatus::ok;
      if (still_a_frame) stamp_frame(stamped, length, stamp_of(vector));
      if (!checksum_matches(stamped)) continue;
      CAPTURE(name, bit);
      REQUIRE_FALSE(checksum_matches(stamped));
    }
  }
}

TEST_CASE("frame: session and sequence are read without any check", "[unit][frame]") {
  const Bytes frame = vector_named("frame", "payload-bit").bytes("bytes");
  const FrameKey key = read_frame_key(std::span{frame}.first(32));
  CHECK(key.session == 0x0123'4567'89AB'CDEF);
  CHECK(key.sequence == Sequence{7});
}

TEST_CASE("frame: CRC vectors", "[unit][frame]") {
  for (const Vector& vector : vectors("crc")) {
    CAPTURE(vector.name);
    CHECK(crc32c(vector.bytes("bytes")) == vector.number("crc", 16));
  }
}
