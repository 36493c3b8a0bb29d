#include "core/measure/impairment.hpp"

#include <bit>
#include <vector>

#include "tests/support/catch.hpp"

using namespace netecho;
using namespace std::chrono_literals;

namespace {

ImpairmentSpec parsed(std::string_view text) {
  const Parsed<ImpairmentSpec> result = parse_impairment(text);
  CAPTURE(text, result.why);
  REQUIRE(result.value);
  return *result.value;
}

std::string why_not(std::string_view text) {
  const Parsed<ImpairmentSpec> result = parse_impairment(text);
  CHECK_FALSE(result.value);
  return result.why;
}

struct Counts {
  int lost = 0, corrupt = 0, duplicated = 0, reordered = 0;
  bool operator==(const Counts&) const = default;
};

Counts count_fates(const ImpairmentSpec& spec, std::uint64_t endpoint, std::uint64_t ordinals) {
  Counts out;
  for (std::uint64_t i = 0; i < ordinals; ++i) {
    const MessageFate its = fate(spec, endpoint, i);
    out.lost += its.lost ? 1 : 0;
    out.corrupt += its.corrupt ? 1 : 0;
    out.duplicated += its.duplicated ? 1 : 0;
    out.reordered += its.reordered ? 1 : 0;
  }
  return out;
}

/// Which bits differ, as (byte, bit).
std::vector<std::pair<std::size_t, int>> flipped(std::span<const std::byte> before,
                                                 std::span<const std::byte> after) {
  std::vector<std::pair<std::size_t, int>> out;
  for (std::size_t i = 0; i < before.size(); ++i) {
    const auto bits = std::to_integer<unsigned>(before[i] ^ after[i]);
    for (int bit = 0; bit < 8; ++bit) {
      if ((bits >> bit & 1U) != 0) out.emplace_back(i, bit);
    }
  }
  return out;
}

}  // namespace

TEST_CASE("impairment: every key is read, in any order", "[measure][unit]") {
  const ImpairmentSpec spec = parsed(
      "seed=18446744073709551615,rate=1MB,corrupt=0.1%,reorder=100%,dup=0%,loss=12.5%,"
      "jitter=500us,delay=20ms");
  CHECK(spec.delay == 20ms);
  CHECK(spec.jitter == 500us);
  CHECK(spec.loss == 0.125);
  CHECK(spec.dup == 0);
  CHECK(spec.reorder == 1);
  CHECK(spec.corrupt == 0.1 / 100);
  CHECK(spec.rate == 1'000'000);
  CHECK(spec.seed == 18446744073709551615U);
}

TEST_CASE("impairment: what is not named is off", "[measure][unit]") {
  const ImpairmentSpec spec = parsed("loss=1%");
  CHECK(spec.loss == 0.01);
  CHECK(spec.delay == 0s);
  CHECK(spec.jitter == 0s);
  CHECK(spec.dup + spec.reorder + spec.corrupt == 0);
  CHECK(spec.rate == 0);
  CHECK_FALSE(spec.seed);
}

TEST_CASE("impairment: what streams can suffer is told from what they can not", "[measure][unit]") {
  CHECK(parsed("loss=1%").needs_messages());
  CHECK(parsed("dup=1%").needs_messages());
  CHECK(parsed("reorder=1%").needs_messages());
  CHECK_FALSE(parsed("loss=0%,delay=1s,corrupt=1%,rate=1").needs_messages());
  CHECK(parsed("delay=1ms").suits_streams());
  CHECK(parsed("jitter=1ms").suits_streams());
  CHECK(parsed("corrupt=1%").suits_streams());
  CHECK(parsed("rate=1").suits_streams());
  CHECK_FALSE(parsed("loss=1%,dup=1%,reorder=1%,delay=0").suits_streams());
}

TEST_CASE("impairment: an error names the key and what was expected", "[measure][unit]") {
  const std::string keys = "delay, jitter, loss, dup, reorder, corrupt, rate and seed";
  CHECK(why_not("") == "'' is not one of " + keys);
  CHECK(why_not("lose=1%") == "'lose' is not one of " + keys);
  CHECK(why_not("loss=1%,") == "'' is not one of " + keys);
  CHECK(why_not("loss") == "loss: expected a value behind '='");
  CHECK(why_not("loss=1%,dup=1%,loss=2%") == "loss: is given twice");
  CHECK(why_not("seed=1") == "a seed alone impairs nothing: add one of " + keys);
  CHECK(why_not("delay=x") == "delay: expected a duration such as 250ms, 1.5s or 2m, got 'x'");
  CHECK(why_not("jitter=61m") == "jitter: expected 0 to 1h, got '61m'");
  CHECK(why_not("rate=x") == "rate: expected a size such as 64, 64k or 1MiB, got 'x'");
  for (const std::string value :
       {"x", "", "%", "5", "-1%", "100.1%", "1e1%", "0x1%", "nan%", "1%%", "1 %", "1.1.1%"}) {
    CHECK(why_not("loss=" + value) == "loss: expected 0% to 100%, got '" + value + "'");
  }
  for (const std::string value : {"x", "", "-1", "1.5", "18446744073709551616"}) {
    CHECK(why_not("loss=1%,seed=" + value) ==
          "seed: expected 0 to 18446744073709551615, got '" + value + "'");
  }
}

TEST_CASE("impairment: the same seed, endpoint and number are the same fate", "[measure][unit]") {
  const ImpairmentSpec spec =
      parsed("delay=20ms,jitter=5ms,loss=5%,dup=5%,reorder=5%,corrupt=5%,seed=42");
  std::vector<MessageFate> forward;
  for (std::uint64_t i = 0; i < 1000; ++i) forward.push_back(fate(spec, 3, i));
  for (std::uint64_t i = 1000; i-- > 0;) CHECK(fate(spec, 3, i) == forward[i]);
}

TEST_CASE("impairment: frequencies are those asked for", "[measure][unit]") {
  // Exact for a seed (computed by another program, too); other endpoints' are within four standard
  // deviations.
  const ImpairmentSpec spec = parsed("loss=5%,dup=3%,reorder=5%,corrupt=2%,seed=42");
  CHECK(count_fates(spec, 0, 100'000) == Counts{5104, 1942, 2756, 4581});
  for (std::uint64_t endpoint = 1; endpoint < 20; ++endpoint) {
    const Counts counts = count_fates(spec, endpoint, 10'000);
    CAPTURE(endpoint);
    CHECK(std::abs(counts.lost - 500) < 4 * 22);
    CHECK(std::abs(counts.corrupt - 190) < 4 * 14);      // 2 % of what is not lost.
    CHECK(std::abs(counts.duplicated - 279) < 4 * 17);   // 3 % of what is whole.
    CHECK(std::abs(counts.reordered - 465) < 4 * 21.1);  // 5 % of that.
  }
}

TEST_CASE("impairment: nothing and everything are exact", "[measure][unit]") {
  CHECK(count_fates(parsed("delay=1ms"), 0, 100'000) == Counts{0, 0, 0, 0});
  CHECK(count_fates(parsed("loss=100%,dup=100%,corrupt=100%,reorder=100%"), 0, 1000) ==
        Counts{1000, 0, 0, 0});
  CHECK(count_fates(parsed("dup=100%,corrupt=100%,reorder=100%"), 0, 1000) ==
        Counts{0, 1000, 0, 0});
  CHECK(count_fates(parsed("dup=100%,reorder=100%"), 0, 1000) == Counts{0, 0, 1000, 1000});
}

TEST_CASE("impairment: what is lost does not depend on what else is asked for", "[measure][unit]") {
  const ImpairmentSpec alone = parsed("loss=5%,seed=7");
  const ImpairmentSpec with_all = parsed(
      "delay=1s,jitter=1s,dup=50%,corrupt=50%,reorder=50%,"
      "rate=1,loss=5%,seed=7");
  for (std::uint64_t i = 0; i < 10'000; ++i) {
    CHECK(fate(alone, 0, i).lost == fate(with_all, 0, i).lost);
  }
}

TEST_CASE("impairment: other seeds and endpoints are other networks", "[measure][unit]") {
  const ImpairmentSpec one = parsed("loss=50%,seed=1");
  const ImpairmentSpec two = parsed("loss=50%,seed=2");
  int by_seed = 0, by_endpoint = 0, by_shift = 0;
  for (std::uint64_t i = 0; i < 10'000; ++i) {
    by_seed += fate(one, 0, i).lost == fate(two, 0, i).lost ? 1 : 0;
    by_endpoint += fate(one, 0, i).lost == fate(one, 1, i).lost ? 1 : 0;
    by_shift += fate(one, 0, i).lost == fate(one, 0, i + 1).lost ? 1 : 0;
  }
  // Unrelated ones agree half of the time, with a standard deviation of 50.
  CHECK(std::abs(by_seed - 5000) < 200);
  CHECK(std::abs(by_endpoint - 5000) < 200);
  CHECK(std::abs(by_shift - 5000) < 200);
}

TEST_CASE("impairment: jitter is uniform on top of the delay", "[measure][unit]") {
  const ImpairmentSpec spec = parsed("delay=20ms,jitter=5ms,seed=42");
  Duration sum{}, least = 1h, most{};
  for (std::uint64_t i = 0; i < 10'000; ++i) {
    const Duration delay = fate(spec, 0, i).delay;
    sum += delay;
    least = std::min(least, delay);
    most = std::max(most, delay);
  }
  CHECK(least >= 20ms);
  CHECK(least < 20010us);
  CHECK(most < 25ms);
  CHECK(most > 24990us);
  CHECK(std::chrono::abs(sum / 10'000 - 22500us) < 60us);  // Four standard deviations.
  CHECK(fate(parsed("delay=20ms,seed=42"), 0, 7).delay == 20ms);
}

TEST_CASE("impairment: one bit flips, where a frame's prober can tell whose it was",
          "[measure][unit]") {
  const auto [size, first, last] =
      GENERATE(table<std::size_t, std::size_t, std::size_t>({{1, 0, 0},
                                                             {5, 4, 4},
                                                             {31, 30, 30},
                                                             {32, 12, 15},
                                                             {33, 32, 32},
                                                             {64, 32, 63},
                                                             {1472, 32, 1471}}));
  CAPTURE(size);
  const std::vector<std::byte> message(size, std::byte{0x5A});
  const ImpairmentSpec always = parsed("corrupt=100%");
  std::size_t least = size, most = 0;
  for (std::uint64_t i = 0; i < 40'000; ++i) {
    std::vector<std::byte> bytes = message;
    corrupt_message(bytes, fate(always, 0, i).corrupt_at);
    const auto bits = flipped(message, bytes);
    REQUIRE(bits.size() == 1);
    least = std::min(least, bits[0].first);
    most = std::max(most, bits[0].first);
  }
  CHECK(least == first);
  CHECK(most == last);
}

TEST_CASE("impairment: a stream is corrupted alike, however it was read", "[measure][unit]") {
  const ImpairmentSpec spec = parsed("corrupt=10%,seed=42");
  const std::vector<std::byte> stream(300'000);
  std::vector<std::byte> whole = stream;
  const std::uint32_t flips = corrupt_stream(whole, 0, spec, 1, 5000);
  CHECK(flips == flipped(stream, whole).size());
  CHECK(std::abs(static_cast<int>(flips) - 29) < 4 * 5);  // One in ten of 293 blocks.

  const std::size_t step = GENERATE(1U, 7U, 1000U, 1024U, 1025U, 65'536U);
  std::vector<std::byte> pieces = stream;
  std::uint32_t total = 0;
  for (std::size_t at = 0; at < pieces.size(); at += step) {
    const std::size_t size = std::min(step, pieces.size() - at);
    total += corrupt_stream(std::span{pieces}.subspan(at, size), at, spec, 1, 5000);
  }
  CHECK(total == flips);
  CHECK(pieces == whole);
  for (const auto& [byte, bit] : flipped(stream, whole)) {
    CHECK(fate(spec, 1, 5000 + byte / kStreamBlockBytes).corrupt);
  }
}
