#include "core/measure/impairment.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <string>

#include "core/base/decimal.hpp"
#include "core/base/random.hpp"

namespace netecho {
namespace {

/// Longer delays help nobody, and sums of these stay far from overflow.
constexpr Duration kMaxDelay = std::chrono::hours{1};
/// Integers of events stay below 2^53.
constexpr std::uint64_t kMaxRate = std::uint64_t{1} << 53;

/// These are the size of a frame's header, and where its checksum lies (docs/wire-format.md).
constexpr std::size_t kHeaderBytes = 32;
constexpr std::size_t kChecksumOffset = 12;
constexpr std::size_t kChecksumBytes = 4;

std::string quoted(std::string_view text) {
  return "'" + std::string(text) + "'";
}

std::optional<std::uint64_t> whole_number(std::string_view text) {
  std::uint64_t value = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc{} || stop != end) return std::nullopt;
  return value;
}

/// Each of these returns what is wrong, or nothing.
std::string set_duration(Duration& to, std::string_view text) {
  const Parsed<Duration> parsed = parse_duration(text);
  if (!parsed.value) return parsed.why;
  if (*parsed.value > kMaxDelay) return "expected 0 to 1h, got " + quoted(text);
  to = *parsed.value;
  return {};
}

std::string set_probability(double& to, std::string_view text) {
  const bool percent = text.ends_with('%');
  const std::string_view digits = text.substr(0, text.size() - (percent ? 1 : 0));
  const bool plain = digits.find_first_not_of("0123456789.") == std::string_view::npos;
  const auto value = plain ? parse_decimal(digits) : std::nullopt;
  if (!percent || !value || *value > 100) return "expected 0% to 100%, got " + quoted(text);
  to = *value / 100;
  return {};
}

std::string set_rate(std::uint64_t& to, std::string_view text) {
  const Parsed<std::uint64_t> parsed = parse_size(text);
  if (!parsed.value) return parsed.why;
  if (*parsed.value > kMaxRate) return "expected 0 to 2^53 bytes a second, got " + quoted(text);
  to = *parsed.value;
  return {};
}

std::string set_seed(std::optional<std::uint64_t>& to, std::string_view text) {
  to = whole_number(text);
  return to ? std::string{} : "expected 0 to 18446744073709551615, got " + quoted(text);
}

constexpr std::string_view kSeed = "seed";
constexpr std::array<std::string_view, 8> kKeys{"delay",   "jitter",  "loss", "dup",
                                                "reorder", "corrupt", "rate", kSeed};

std::string known_keys() {
  std::string out;
  for (const std::string_view key : kKeys) {
    if (!out.empty()) out += key == kKeys.back() ? " and " : ", ";
    out += key;
  }
  return out;
}

std::string set_value(ImpairmentSpec& spec, std::string_view key, std::string_view value) {
  if (key == "delay") return set_duration(spec.delay, value);
  if (key == "jitter") return set_duration(spec.jitter, value);
  if (key == "loss") return set_probability(spec.loss, value);
  if (key == "dup") return set_probability(spec.dup, value);
  if (key == "reorder") return set_probability(spec.reorder, value);
  if (key == "corrupt") return set_probability(spec.corrupt, value);
  if (key == "rate") return set_rate(spec.rate, value);
  return set_seed(spec.seed, value);
}

/// Holds the keys seen so far, one bit each.
class KeysGiven {
 public:
  [[nodiscard]] static std::optional<std::size_t> find(std::string_view key) {
    for (std::size_t i = 0; i < kKeys.size(); ++i) {
      if (kKeys[i] == key) return i;
    }
    return std::nullopt;
  }
  /// False if it was there.
  bool add(std::size_t index) {
    const unsigned bit = 1U << index;
    const bool fresh = (bits_ & bit) == 0;
    bits_ |= bit;
    return fresh;
  }
  [[nodiscard]] bool any_but_seed() const { return (bits_ & ~(1U << (kKeys.size() - 1))) != 0; }

 private:
  unsigned bits_ = 0;
};

std::string add_pair(ImpairmentSpec& spec, KeysGiven& given, std::string_view pair) {
  const std::size_t equals = pair.find('=');
  const std::string_view key = pair.substr(0, equals);
  const auto index = KeysGiven::find(key);
  if (!index) return quoted(key) + " is not one of " + known_keys();
  if (equals == std::string_view::npos) return std::string(key) + ": expected a value behind '='";
  if (!given.add(*index)) return std::string(key) + ": is given twice";
  const std::string why = set_value(spec, key, pair.substr(equals + 1));
  return why.empty() ? why : std::string(key) + ": " + why;
}

/// Makes a generator of a seed, an endpoint and a number, unrelated to any other.
std::uint64_t mixed(std::uint64_t seed, std::uint64_t endpoint, std::uint64_t ordinal) noexcept {
  const std::uint64_t of_endpoint = SplitMix64{SplitMix64{seed}.next() ^ endpoint}.next();
  return SplitMix64{of_endpoint ^ ordinal}.next();
}

void flip(std::byte& byte, std::uint64_t bit) noexcept {
  byte ^= static_cast<std::byte>(1U << (bit & 7U));
}

}  // namespace

Parsed<ImpairmentSpec> parse_impairment(std::string_view text) {
  ImpairmentSpec spec;
  KeysGiven given;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    const std::string why = add_pair(spec, given, text.substr(begin, end - begin));
    if (!why.empty()) return {{}, why};
    begin = end + 1;
  }
  if (!given.any_but_seed())
    return {{}, "a seed alone impairs nothing: add one of " + known_keys()};
  return {spec, {}};
}

MessageFate fate(const ImpairmentSpec& spec, std::uint64_t endpoint,
                 std::uint64_t ordinal) noexcept {
  SplitMix64 random{mixed(spec.seed.value_or(0), endpoint, ordinal)};
  // All are drawn, wanted or not, so that one probability does not change what another one hits.
  const bool lost = random.next_unit() < spec.loss;
  const bool corrupt = random.next_unit() < spec.corrupt;
  const bool duplicated = random.next_unit() < spec.dup;
  const bool reordered = random.next_unit() < spec.reorder;
  const double share = random.next_unit();
  MessageFate out;
  out.lost = lost;
  out.corrupt = corrupt && !lost;
  out.duplicated = duplicated && !lost && !corrupt;
  out.reordered = reordered && !lost && !corrupt;
  const double jitter_ns = share * static_cast<double>(spec.jitter.count());
  out.delay = spec.delay + Duration{static_cast<std::int64_t>(jitter_ns)};
  out.corrupt_at = random.next();
  return out;
}

void corrupt_message(std::span<std::byte> message, std::uint64_t corrupt_at) noexcept {
  std::size_t first = kHeaderBytes;
  std::size_t count = message.size() - kHeaderBytes;
  if (message.size() == kHeaderBytes) {
    first = kChecksumOffset;
    count = kChecksumBytes;
  } else if (message.size() < kHeaderBytes) {
    first = message.size() - 1;
    count = 1;
  }
  flip(message[first + (corrupt_at >> 3) % count], corrupt_at);
}

std::uint32_t corrupt_stream(std::span<std::byte> bytes, std::uint64_t position,
                             const ImpairmentSpec& spec, std::uint64_t endpoint,
                             std::uint64_t first) noexcept {
  std::uint32_t flipped = 0;
  const std::uint64_t end = position + bytes.size();
  for (std::uint64_t block = position / kStreamBlockBytes; block * kStreamBlockBytes < end;
       ++block) {
    const MessageFate its = fate(spec, endpoint, first + block);
    const std::uint64_t at = block * kStreamBlockBytes + (its.corrupt_at >> 3) % kStreamBlockBytes;
    if (!its.corrupt || at < position || at >= end) continue;
    flip(bytes[at - position], its.corrupt_at);
    ++flipped;
  }
  return flipped;
}

}  // namespace netecho
