// The Configuration Testing Protocol: what a station does with a frame, and what a probe is.

#include "core/codec/ctp.hpp"

#include <vector>

#include "tests/support/catch.hpp"

using namespace netecho;

namespace {

using Bytes = std::vector<std::byte>;

constexpr MacAddress kSelf{{0x02, 0, 0, 0, 0, 0x01}};
constexpr MacAddress kOther{{0x02, 0, 0, 0, 0, 0x02}};

Bytes bytes(std::initializer_list<unsigned> values) {
  Bytes out;
  for (const unsigned value : values) out.push_back(static_cast<std::byte>(value));
  return out;
}

Bytes operator+(Bytes a, const Bytes& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

Bytes skip(unsigned count) {
  return bytes({count & 0xFFU, count >> 8U});
}

Bytes forward(const MacAddress& to) {
  Bytes out = bytes({2, 0});
  for (const auto byte : to.bytes) out.push_back(static_cast<std::byte>(byte));
  return out;
}

const Bytes kReply = bytes({1, 0, 0x34, 0x12, 'h', 'i'});

CtpDecision judge(const Bytes& frame, std::size_t hops = 1, bool for_many = false) {
  return judge_ctp(frame, {.self = kSelf, .for_many = for_many, .hops = hops});
}

}  // namespace

TEST_CASE("ctp: a probe has the bytes of the specification", "[codec][unit]") {
  Bytes head(kCtpProbeHeadBytes);
  write_ctp_probe(head, kOther, 0x1234);
  CHECK(head == bytes({0, 0, 2, 0, 2, 0, 0, 0, 0, 2, 1, 0, 0x34, 0x12}));
  CHECK(read_ctp_answer(head, kOther) == std::nullopt);  // Nobody has sent it on.

  const CtpDecision decision = judge(head);
  CHECK(decision.verdict == CtpVerdict::forward);
  CHECK(decision.to == kOther);
  advance_ctp(head);
  CHECK(head == bytes({8, 0, 2, 0, 2, 0, 0, 0, 0, 2, 1, 0, 0x34, 0x12}));
  CHECK(read_ctp_answer(head, kOther) == 0x1234);
  CHECK(read_ctp_answer(head, kSelf) == std::nullopt);
  CHECK(judge(head).verdict == CtpVerdict::reply);
  for (const std::size_t changed : {std::size_t{0}, std::size_t{2}, std::size_t{10}}) {
    CAPTURE(changed);
    Bytes other = head;
    other[changed] = std::byte{4};
    CHECK(read_ctp_answer(other, kOther) == std::nullopt);
  }
  for (std::size_t size = 0; size < head.size(); ++size) {
    CHECK(read_ctp_answer(std::span{head}.first(size), kOther) == std::nullopt);
  }
}

TEST_CASE("ctp: skipCount is little-endian", "[codec][unit]") {
  const Bytes before(0x0100, std::byte{0});
  Bytes frame = skip(0x0100) + before + forward(kOther) + kReply;
  CHECK(judge(frame, 64).verdict == CtpVerdict::forward);
  advance_ctp(frame);
  CHECK(frame[0] == std::byte{0x08});
  CHECK(frame[1] == std::byte{0x01});
}

TEST_CASE("ctp: what is cut, odd or unknown is malformed", "[codec][unit]") {
  const Bytes whole = skip(0) + forward(kOther);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    CAPTURE(size);
    CHECK(judge({whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)}).verdict ==
          CtpVerdict::malformed);
  }
  CHECK(judge(whole).verdict == CtpVerdict::forward);
  for (const unsigned count : {1U, 7U, 8U, 10U, 0xFFFEU, 0xFFFFU}) {
    CAPTURE(count);
    CHECK(judge(skip(count) + forward(kOther), 255).verdict == CtpVerdict::malformed);
  }
  CHECK(judge(skip(0) + bytes({3, 0}) + forward(kOther)).verdict == CtpVerdict::malformed);
  CHECK(judge(skip(0) + bytes({0, 2}) + forward(kOther)).verdict == CtpVerdict::malformed);
}

TEST_CASE("ctp: a skipCount that has no successor is malformed", "[codec][unit]") {
  const Bytes frame = skip(0xFFF8) + Bytes(0xFFF8) + forward(kOther) + kReply;
  CHECK(judge(frame, 100'000).verdict == CtpVerdict::malformed);
}

TEST_CASE("ctp: nothing goes to many, nor to the station itself", "[codec][unit]") {
  CHECK(judge(skip(0) + forward(kCtpAssistance) + kReply).verdict == CtpVerdict::group);
  const MacAddress everybody{{0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF}};
  CHECK(judge(skip(0) + forward(everybody) + kReply).verdict == CtpVerdict::group);
  CHECK(judge(skip(0) + forward(kSelf) + kReply).verdict == CtpVerdict::own);
}

TEST_CASE("ctp: hops before and behind count", "[codec][unit]") {
  const Bytes one = forward(kOther);
  const Bytes twice = skip(0) + one + one + kReply;
  const Bytes second = skip(8) + one + one + kReply;
  CHECK(judge(twice, 1).verdict == CtpVerdict::hops);
  CHECK(judge(second, 1).verdict == CtpVerdict::hops);
  CHECK(judge(twice, 2).verdict == CtpVerdict::forward);
  CHECK(judge(second, 2).verdict == CtpVerdict::forward);
  CHECK(judge(skip(8) + one + one + one + kReply, 2).verdict == CtpVerdict::hops);
  CHECK(judge(skip(8) + one + one + one + kReply, 3).verdict == CtpVerdict::forward);
  // What was skipped is a hop, whatever it is.
  CHECK(judge(skip(2) + bytes({9, 9}) + one + kReply, 1).verdict == CtpVerdict::hops);
}

TEST_CASE("ctp: a frame for many asks for one hop only", "[codec][unit]") {
  const Bytes one = forward(kOther);
  CHECK(judge(skip(0) + one + kReply, 1, true).verdict == CtpVerdict::forward);
  CHECK(judge(skip(0) + one + one + kReply, 9, true).verdict == CtpVerdict::group);
  CHECK(judge(skip(0) + one + one + kReply, 9, false).verdict == CtpVerdict::forward);
}
