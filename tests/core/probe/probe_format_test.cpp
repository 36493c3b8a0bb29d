#include "core/probe/probe_format.hpp"

#include <algorithm>
#include <vector>

#include "core/seam/wire_format.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/session_probes.hpp"

namespace netecho {
namespace {

constexpr std::uint64_t kSession = 0x0123456789ABCDEF;
constexpr Sequence kNext{1000};

using Bytes = std::vector<std::byte>;

Bytes copy(std::span<const std::byte> bytes) {
  return {bytes.begin(), bytes.end()};
}

/// What a stamping server makes of a request.
Bytes stamped(Bytes request, const FrameStamp& stamp) {
  const auto length = std::min<std::size_t>(request.size(), kFrameMaxBytes);
  stamp_frame(request, static_cast<std::uint32_t>(length), stamp);
  return request;
}

TEST_CASE("probe format: an echo of any size is known again", "[probe_format][unit]") {
  const std::uint32_t size =
      GENERATE(4U, 31U, 32U, 55U, 56U, 64U, 1472U, 65'536U, 65'537U, 90'000U);
  CAPTURE(size);
  testing::SessionProbes content{size, kSession};
  const Bytes seventh = copy(content.encode({7}));
  CHECK(seventh.size() == size);
  const Bytes eighth = copy(content.encode({8}));
  CHECK(seventh != eighth);
  const Reading reading = content.read(seventh, {8}, kNext);
  CHECK(reading.kind == ReadingKind::intact);
  CHECK(reading.sequence == Sequence{7});
  CHECK_FALSE(reading.stamp.has_value());
}

/// What a small probe's reply is that came with this number.
Reading read_with_receipt(std::uint32_t size, Bytes message, std::uint16_t receipt,
                          Sequence expected) {
  const auto format = make_probe_format(kFrames, {.size_bytes = size, .session = kSession});
  Slot slot;
  slot.data = message.data();
  slot.size = static_cast<std::uint32_t>(message.size());
  slot.receipt = receipt;
  Reading reading;
  format->read(slot, {expected, {100'000}}, {&reading, 1});
  return reading;
}

TEST_CASE("probe format: of small probes the number beside them has to be right, too",
          "[probe_format][unit]") {
  const std::uint32_t size = GENERATE(0U, 1U, 4U, 31U);
  CAPTURE(size);
  constexpr Sequence kSent{70'000};
  constexpr auto kReceipt = static_cast<std::uint16_t>(kSent.value);
  testing::SessionProbes content{size, kSession};
  const Bytes probe = copy(content.encode(kSent));
  CHECK(read_with_receipt(size, probe, kReceipt, kSent).sequence == kSent);
  // A copy of an earlier one is known by it.
  CHECK(read_with_receipt(size, probe, kReceipt, {kSent.value + 1}).sequence == kSent);
  const Reading other = read_with_receipt(size, probe, kReceipt + 1, kSent);
  CHECK((size == 0) == other.sequence.has_value());  // Without content the number is all there is.
  if (size == 0) return;
  CHECK(other.kind == ReadingKind::foreign);
  Bytes changed = probe;
  changed[0] ^= std::byte{1};
  CHECK(read_with_receipt(size, changed, kReceipt, kSent).kind == ReadingKind::foreign);
}

TEST_CASE("probe format: a stamped reply gives its stamp", "[probe_format][unit]") {
  const std::uint32_t size = GENERATE(56U, 64U, 65'536U, 70'000U);
  CAPTURE(size);
  testing::SessionProbes content{size, kSession};
  const FrameStamp stamp{.received_unix_ns = 5, .sent_unix_ns = 9, .count = 3};
  const Reading reading = content.read(stamped(copy(content.encode({2})), stamp), {2}, kNext);
  CHECK(reading.kind == ReadingKind::intact);
  CHECK(reading.sequence == Sequence{2});
  CHECK(reading.stamp == stamp);
}

TEST_CASE("probe format: every single flipped bit of a frame shows", "[probe_format][unit]") {
  testing::SessionProbes content{64, kSession};
  const Bytes request = copy(content.encode({7}));
  const bool by_stamping_server = GENERATE(false, true);
  const Bytes reply = by_stamping_server ? stamped(request, {1, 2, 3}) : request;
  for (std::size_t bit = 0; bit < 8 * reply.size(); ++bit) {
    CAPTURE(bit);
    Bytes damaged = reply;
    damaged[bit / 8] ^= static_cast<std::byte>(1U << bit % 8);
    const Reading reading = content.read(damaged, {7}, kNext);
    REQUIRE(reading.kind == ReadingKind::damaged);
    const bool session_hit = bit / 8 >= 16 && bit / 8 < 24;
    REQUIRE(reading.sequence.has_value() == !session_hit);
  }
}

TEST_CASE("probe format: every single flipped bit behind the frame shows, too",
          "[probe_format][unit]") {
  testing::SessionProbes content{65'540, kSession};
  Bytes reply = copy(content.encode({7}));
  for (std::size_t at = 65'536; at < reply.size(); ++at) {
    reply[at] ^= std::byte{0x10};
    CHECK(content.read(reply, {7}, kNext).kind == ReadingKind::damaged);
    reply[at] ^= std::byte{0x10};
  }
  CHECK(content.read(reply, {7}, kNext).kind == ReadingKind::intact);
}

TEST_CASE("probe format: a right checksum over another payload is no echo",
          "[probe_format][unit]") {
  testing::SessionProbes content{64, kSession};
  Bytes forged = copy(content.encode({7}));
  forged[60] ^= std::byte{1};
  encode_frame({.length = 64, .session = kSession, .sequence = {7}, .stamp = FrameStamp{}}, forged);
  const Reading reading = content.read(forged, {7}, kNext);
  CHECK(reading.kind == ReadingKind::damaged);
  CHECK(reading.sequence == Sequence{7});
}

TEST_CASE("probe format: a valid frame that is shorter or longer is no echo",
          "[probe_format][unit]") {
  const std::uint32_t length = GENERATE(56U, 63U, 65U);
  testing::SessionProbes content{64, kSession};
  static_cast<void>(content.encode({7}));
  Bytes other(length);
  encode_frame({.length = length, .session = kSession, .sequence = {7}, .stamp = FrameStamp{}},
               other);
  const Reading reading = content.read(other, {7}, kNext);
  CHECK(reading.kind == ReadingKind::damaged);
  CHECK(reading.sequence == Sequence{7});
}

TEST_CASE("probe format: a frame of another session is not ours", "[probe_format][unit]") {
  testing::SessionProbes content{64, kSession};
  testing::SessionProbes other{64, kSession + 1};
  CHECK(content.read(other.encode({7}), {7}, kNext).kind == ReadingKind::foreign);
  CHECK(content.read_quote(other.encode({7}), {7}).kind == ReadingKind::foreign);
}

TEST_CASE("probe format: other bytes name no probe", "[probe_format][unit]") {
  const std::size_t size = GENERATE(0U, 5U, 31U, 64U, 65U);
  CAPTURE(size);
  testing::SessionProbes content{64, kSession};
  const Bytes other(size, std::byte{'x'});
  const Reading reading = content.read(other, {7}, kNext);
  CHECK(reading.kind == ReadingKind::damaged);
  CHECK_FALSE(reading.sequence.has_value());
}

TEST_CASE("probe format: small probes are told by their low bytes", "[probe_format][unit]") {
  const std::uint32_t size = GENERATE(1U, 2U, 3U, 4U, 5U, 12U, 31U);
  CAPTURE(size);
  testing::SessionProbes content{size, kSession};
  const Bytes old = copy(content.encode({998}));
  const Bytes current = copy(content.encode({999}));
  CHECK(old != current);
  CHECK(content.read(current, {999}, kNext).sequence == Sequence{999});
  CHECK(content.read(old, {999}, kNext).sequence == Sequence{998});
  Bytes longer = current;
  longer.push_back(std::byte{0});
  CHECK(content.read(longer, {999}, kNext).kind == ReadingKind::damaged);
  // Nothing was sent yet: nothing can be an answer.
  CHECK(content.read(current, {0}, {0}).kind == ReadingKind::damaged);
  // A sequence that only the future could have.
  CHECK(content.read(copy(content.encode({200})), {3}, {100}).kind == ReadingKind::damaged);
}

TEST_CASE("probe format: an empty message answers the probe that is expected",
          "[probe_format][unit]") {
  testing::SessionProbes content{0, kSession};
  CHECK(content.encode({5}).empty());
  CHECK(content.read({}, {5}, {6}).sequence == Sequence{5});
  CHECK(content.read(Bytes(1), {5}, {6}).kind == ReadingKind::damaged);
}

TEST_CASE("probe format: a quote tells its probe as long as the header is whole",
          "[probe_format][unit]") {
  testing::SessionProbes content{64, kSession};
  const Bytes request = copy(content.encode({7}));
  const std::span<const std::byte> whole{request};
  CHECK(content.read_quote(whole.first(32), {1}).sequence == Sequence{7});
  CHECK(content.read_quote(whole, {1}).sequence == Sequence{7});
  const Reading cut = content.read_quote(whole.first(31), {1});
  CHECK(cut.kind == ReadingKind::damaged);
  CHECK_FALSE(cut.sequence.has_value());
}

TEST_CASE("probe format: a quote of a small probe is compared as far as it goes",
          "[probe_format][unit]") {
  testing::SessionProbes content{16, kSession};
  const Bytes request = copy(content.encode({7}));
  const std::span<const std::byte> whole{request};
  CHECK(content.read_quote(whole.first(8), {7}).sequence == Sequence{7});
  CHECK(content.read_quote(whole.first(8), {8}).kind == ReadingKind::damaged);
  CHECK(content.read_quote(Bytes(17), {7}).kind == ReadingKind::damaged);
}

}  // namespace
}  // namespace netecho
