#include "core/report/hdr_log.hpp"

#include <zlib.h>

#include <array>
#include <bit>
#include <cstdio>
#include <cstring>
#include <stdexcept>

#include "core/base/base64.hpp"
#include "core/base/escape.hpp"

namespace netecho {
namespace {

// These are HdrHistogram's cookies: base, and in the second nibble a word size that V2 ignores.
constexpr std::uint32_t kEncodingCookie = 0x1c849303 | 0x10;
constexpr std::uint32_t kCompressedCookie = 0x1c849304 | 0x10;
/// Three significant digits take 2,048 buckets of width one, then 1,024 for each doubling.
constexpr std::uint32_t kSignificantDigits = 3;
constexpr unsigned kSubBucketBits = 11;

void put32(std::string& out, std::uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(value >> shift);
}
void put64(std::string& out, std::uint64_t value) {
  put32(out, static_cast<std::uint32_t>(value >> 32));
  put32(out, static_cast<std::uint32_t>(value));
}

/// Writes ZigZag LEB128 in at most nine bytes; the ninth has all eight bits that are left.
void put_count(std::string& out, std::int64_t count) {
  std::uint64_t left =
      (static_cast<std::uint64_t>(count) << 1) ^ static_cast<std::uint64_t>(count >> 63);
  for (int i = 0; i < 8; ++i) {
    if (left < 0x80) {
      out += static_cast<char>(left);
      return;
    }
    out += static_cast<char>((left & 0x7F) | 0x80);
    left >>= 7;
  }
  out += static_cast<char>(left);
}

/// Returns where HdrHistogram counts a value, with 1 as the lowest and three digits.
std::int64_t hdr_index(Duration value) noexcept {
  const auto ns = static_cast<std::uint64_t>(value.count());
  const unsigned width = static_cast<unsigned>(std::bit_width(ns));
  const unsigned shift = width > kSubBucketBits ? width - kSubBucketBits : 0;
  return (std::int64_t{shift} << (kSubBucketBits - 1)) + static_cast<std::int64_t>(ns >> shift);
}

std::string counts_of(const Histogram& histogram) {
  std::string out;
  std::int64_t next = 0;
  histogram.for_each([&](Duration lower, Duration /*upper*/, std::uint64_t count) {
    const std::int64_t index = hdr_index(lower);
    // A single zero is a zero, a run of them minus its length.
    if (const std::int64_t zeros = index - next; zeros > 0) put_count(out, zeros > 1 ? -zeros : 0);
    put_count(out, static_cast<std::int64_t>(count));
    next = index + 1;
  });
  // The reference writes index 0 of a histogram without samples; HdrHistogram_c reads no fewer.
  if (next == 0) put_count(out, 0);
  return out;
}

std::string deflated(const std::string& bytes) {
  uLongf size = ::compressBound(bytes.size());
  std::string out(size, '\0');
  const int status = ::compress(reinterpret_cast<Bytef*>(out.data()), &size,
                                reinterpret_cast<const Bytef*>(bytes.data()), bytes.size());
  if (status != Z_OK) throw std::runtime_error("zlib: " + std::to_string(status));
  out.resize(size);
  return out;
}

/// Shows three decimals, as the reference writes all its numbers.
std::string in_units(Duration time, Duration unit) {
  std::array<char, 48> text{};
  std::snprintf(text.data(), text.size(), "%.3f",
                static_cast<double>(time.count()) / static_cast<double>(unit.count()));
  return text.data();
}

std::string seconds(Duration time) {
  return in_units(time, std::chrono::seconds{1});
}

/// Replaces what ends a field or a line, and leaves the rest as it is.
std::string plain_tag(std::string_view tag) {
  std::string out{tag};
  for (char& c : out) {
    if (c == ',' || static_cast<unsigned char>(c) <= ' ' || c == '\x7f') c = '_';
  }
  return escape_for_terminal(out);
}

}  // namespace

std::string encode_hdr_v2(const Histogram& histogram) {
  const std::string counts = counts_of(histogram);
  std::string plain;
  put32(plain, kEncodingCookie);
  put32(plain, static_cast<std::uint32_t>(counts.size()));
  put32(plain, 0);  // Normalizing index offset.
  put32(plain, kSignificantDigits);
  put64(plain, 1);  // Lowest discernible value.
  put64(plain, static_cast<std::uint64_t>(Histogram::kHighest.count()));
  put64(plain, std::bit_cast<std::uint64_t>(1.0));  // Integer to double ratio.
  plain += counts;
  const std::string compressed = deflated(plain);
  std::string out;
  put32(out, kCompressedCookie);
  put32(out, static_cast<std::uint32_t>(compressed.size()));
  return out + compressed;
}

HdrLog::HdrLog(const std::string& path, WallTime start) : file_{path} {
  const std::string when = seconds(start.time_since_epoch());
  file_.write(
      "#[Logged by netecho; values are nanoseconds]\n#[Histogram log format version 1.3]\n"
      "#[BaseTime: " +
      when + " (seconds since epoch)]\n#[StartTime: " + when + " (seconds since epoch), " +
      format_rfc3339(start) +
      "]\n"
      "\"StartTimestamp\",\"Interval_Length\",\"Interval_Max\","
      "\"Interval_Compressed_Histogram\"\n");
}

void HdrLog::interval(std::string_view tag, Duration since, Duration length,
                      const Histogram& histogram) {
  // The reference divides what it assumes to be nanoseconds by 1,000,000.
  const Duration max = histogram.max().value_or(Duration::zero());
  std::string line = tag.empty() ? "" : "Tag=" + plain_tag(tag) + ",";
  line += seconds(since) + "," + seconds(length) + "," +
          in_units(max, std::chrono::milliseconds{1}) + ",";
  file_.write(line + to_base64(encode_hdr_v2(histogram)) + "\n");
}

}  // namespace netecho
