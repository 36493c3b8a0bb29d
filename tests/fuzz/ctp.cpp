// What a station makes of a frame of the Configuration Testing Protocol: it goes to one other
// station at most, unchanged but for its skipCount, and not for ever.

#include "core/codec/ctp.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace netecho::fuzz {
namespace {

constexpr MacAddress kSelf{{0x02, 0, 0, 0, 0, 0x01}};

void judge(std::span<const std::byte> frame, std::size_t hops, bool for_many) {
  std::vector<std::byte> moving = copy_of(frame);
  std::size_t done = 0;
  while (true) {
    const CtpDecision decision =
        judge_ctp(moving, {.self = kSelf, .for_many = for_many, .hops = hops});
    if (decision.verdict != CtpVerdict::forward) break;
    require(!decision.to.is_group(), "no frame goes to many");
    require(!(decision.to == kSelf), "no frame goes to the station that sends it on");
    const std::vector<std::byte> before = moving;
    advance_ctp(moving);
    require(std::ranges::equal(std::span{before}.subspan(2), std::span{moving}.subspan(2)),
            "all but skipCount is left alone");
    require(++done <= hops, "a frame has no more hops than are allowed");
  }
}

void read(std::span<const std::byte> frame) {
  const auto receipt = read_ctp_answer(frame, kSelf);
  if (!receipt) return;
  std::vector<std::byte> probe(kCtpProbeHeadBytes);
  write_ctp_probe(probe, kSelf, *receipt);
  advance_ctp(probe);
  require(std::ranges::equal(frame.first(kCtpProbeHeadBytes), probe),
          "an answer is a probe that was sent on");
}

}  // namespace

void fuzz_one(std::span<const std::byte> input) {
  Input in{input};
  const std::size_t hops = 1 + in.byte() % 8;
  const bool for_many = in.flag();
  const std::span<const std::byte> frame = in.rest();
  judge(frame, hops, for_many);
  read(frame);
}

}  // namespace netecho::fuzz
