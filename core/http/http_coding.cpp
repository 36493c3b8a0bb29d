#include "core/http/http_coding.hpp"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <memory>
#include <new>
#include <string>

namespace netecho {
namespace {

// Figures repeat themselves within a few KiB, and many readers may come at the same time: so little
// memory and little time are taken, 50 KiB a reader.
constexpr int kWindowBits = 12;
constexpr int kGzipHeader = 16;  // Added to the window's bits, asks for gzip instead of zlib.
constexpr int kMemoryLevel = 6;

struct EndDeflate {
  void operator()(z_stream* stream) const noexcept {
    ::deflateEnd(stream);
    delete stream;
  }
};
using Deflate = std::unique_ptr<z_stream, EndDeflate>;

Deflate begin_deflate(HttpCoding coding) {
  Deflate stream{new z_stream{}};
  const int window = kWindowBits + (coding == HttpCoding::gzip ? kGzipHeader : 0);
  if (::deflateInit2(stream.get(), Z_BEST_SPEED, Z_DEFLATED, window, kMemoryLevel,
                     Z_DEFAULT_STRATEGY) != Z_OK) {
    throw std::bad_alloc{};
  }
  return stream;
}

/// Appends what comes out for `in`; the end of the stream, too, if `flush` is Z_FINISH.
void deflate_into(z_stream& stream, std::string& in, std::string& out, int flush) {
  std::array<char, 4096> room{};
  stream.next_in = reinterpret_cast<Bytef*>(in.data());
  stream.avail_in = static_cast<uInt>(in.size());
  do {
    stream.next_out = reinterpret_cast<Bytef*>(room.data());
    stream.avail_out = room.size();
    ::deflate(&stream, flush);
    out.append(room.data(), room.size() - stream.avail_out);
  } while (stream.avail_out == 0);
}

std::string_view trimmed(std::string_view text) noexcept {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") + 1 - first);
}

/// Splits off what stands in front of `separator`, or all.
std::string_view next_part(std::string_view& rest, char separator) noexcept {
  const auto end = std::min(rest.find(separator), rest.size());
  const std::string_view part = trimmed(rest.substr(0, end));
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return part;
}

/// Whether parameters say `q=0`, in any of its forms.
bool refused(std::string_view parameters) noexcept {
  while (!parameters.empty()) {
    const std::string_view part = next_part(parameters, ';');
    if (!part.starts_with("q=") && !part.starts_with("Q=")) continue;
    return part.find_first_of("123456789") == std::string_view::npos;
  }
  return false;
}

}  // namespace

std::string_view to_string(HttpCoding coding) noexcept {
  return coding == HttpCoding::gzip ? "gzip" : "deflate";
}

std::optional<HttpCoding> asked_coding(std::string_view accept_encoding) {
  bool deflate = false;
  while (!accept_encoding.empty()) {
    std::string_view part = next_part(accept_encoding, ',');
    const std::string_view name = next_part(part, ';');
    if (refused(part)) continue;
    if (name == "gzip") return HttpCoding::gzip;
    deflate = deflate || name == "deflate";
  }
  return deflate ? std::optional{HttpCoding::deflate} : std::nullopt;
}

HttpBody compressed(HttpBody body, HttpCoding coding) {
  return [body = std::move(body), plain = std::string{},
          stream = std::shared_ptr<z_stream>{begin_deflate(coding)}](std::string& out) mutable {
    plain.clear();
    const bool more = body(plain);
    deflate_into(*stream, plain, out, more ? Z_NO_FLUSH : Z_FINISH);
    return more;
  };
}

}  // namespace netecho
