#include "cmd/values.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

#include "core/base/rounding.hpp"
#include "core/net/dscp.hpp"

namespace netecho {
namespace {

constexpr std::size_t kDefaultShownBytes = 4096;
constexpr std::size_t kMaxShownBytes = 16U << 20U;

[[noreturn]] void reject(std::string_view option, std::string why) {
  throw usage_error("option", std::string(option), std::move(why));
}

std::string range_text(std::uint64_t low, std::uint64_t high) {
  return high == std::numeric_limits<std::uint64_t>::max()
             ? "expected " + std::to_string(low) + " or more"
             : "expected " + std::to_string(low) + " to " + std::to_string(high);
}

}  // namespace

Duration duration_value(std::string_view option, const std::string& text) {
  const Parsed<Duration> parsed = parse_duration(text);
  if (!parsed.value) reject(option, parsed.why);
  return *parsed.value;
}

Duration positive_duration_value(std::string_view option, const std::string& text) {
  const Duration duration = duration_value(option, text);
  if (duration <= Duration::zero()) reject(option, "expected a duration above 0");
  return duration;
}

Duration rate_value(std::string_view option, const std::string& text) {
  const Parsed<double> parsed = parse_rate(text);
  if (!parsed.value) reject(option, parsed.why);
  const double gap_ns = std::max(1.0, 1e9 / *parsed.value);
  // Nobody waits for a rate of less than one in 292 years.
  constexpr double kLongest = 4e18;
  return Duration{nearest(std::min(gap_ns, kLongest))};
}

std::uint64_t size_value(std::string_view option, const std::string& text, std::uint64_t low,
                         std::uint64_t high) {
  const Parsed<std::uint64_t> parsed = parse_size(text);
  if (!parsed.value) reject(option, parsed.why);
  if (*parsed.value < low || *parsed.value > high) {
    reject(option, range_text(low, high) + " bytes, got '" + text + "'");
  }
  return *parsed.value;
}

std::uint64_t number_value(std::string_view option, const std::string& text, std::uint64_t low,
                           std::uint64_t high) {
  std::uint64_t value = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc{} || stop != end || value < low || value > high) {
    reject(option, range_text(low, high) + ", got '" + text + "'");
  }
  return value;
}

std::uint32_t mark_value(const std::string& text) {
  const bool hex = text.starts_with("0x") || text.starts_with("0X");
  std::uint32_t value = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] =
      std::from_chars(text.data() + (hex ? 2 : 0), end, value, hex ? 16 : 10);
  if (error != std::errc{} || stop != end) {
    reject("--fwmark", "expected 0 to 4294967295 or 0x0 to 0xffffffff, got '" + text + "'");
  }
  return value;
}

std::size_t shown_bytes_value(const std::string& text) {
  if (text.empty()) return 0;
  if (text == "on") return kDefaultShownBytes;
  return size_value("--show-payload", text, 1, kMaxShownBytes);
}

unsigned octal_mode_value(std::string_view option, const std::string& text) {
  unsigned mode = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, mode, 8);
  if (error != std::errc{} || stop != end || mode > 0777) {
    reject(option, "expected an octal mode up to 0777, got '" + text + "'");
  }
  return mode;
}

int dscp_value(const std::string& text) {
  const Parsed<int> parsed = parse_dscp(text);
  if (!parsed.value) reject("--dscp", parsed.why);
  return *parsed.value;
}

Keepalive keepalive_value(const std::string& text) {
  Keepalive out;
  std::array<std::string, 3> parts;
  std::size_t part = 0;
  for (const char c : text) {
    if (c != ',') {
      parts[part] += c;
    } else if (++part == parts.size()) {
      reject("--keepalive", "expected IDLE,INTERVAL,COUNT, got '" + text + "'");
    }
  }
  if (!parts[0].empty()) out.idle = positive_duration_value("--keepalive", parts[0]);
  if (!parts[1].empty()) out.interval = positive_duration_value("--keepalive", parts[1]);
  if (!parts[2].empty()) {
    out.count = static_cast<int>(number_value("--keepalive", parts[2], 1, 127));
  }
  return out;
}

}  // namespace netecho
