#include "cmd/run/reply_printer.hpp"

#include <algorithm>

#include "core/base/escape.hpp"

namespace netecho {
namespace {

/// Returns how many bytes at the end of `text` may be the start of a character.
std::size_t unfinished_bytes(std::string_view text) {
  for (std::size_t back = 1; back <= std::min<std::size_t>(3, text.size()); ++back) {
    const auto lead = static_cast<unsigned char>(text[text.size() - back]);
    if (lead < 0x80) return 0;
    if (lead >= 0xC0) return lead >= (back == 1 ? 0xC0 : back == 2 ? 0xE0 : 0xF0) ? back : 0;
  }
  return 0;
}

}  // namespace

void ReplyPrinter::write(std::string_view text) {
  if (output_.write(text)) return;
  if (const auto error = output_.error()) throw *error;
}

void ReplyPrinter::print(std::span<const std::byte> piece) {
  const std::string_view bytes{reinterpret_cast<const char*>(piece.data()), piece.size()};
  if (mode_ == PrintMode::raw) return write(bytes);
  std::string text = tail_ + std::string(bytes);
  const std::size_t kept = unfinished_bytes(text);
  tail_ = text.substr(text.size() - kept);
  text.resize(text.size() - kept);
  if (!text.empty()) last_ = text.back();
  write(escape_for_terminal(text, Newlines::keep));
}

void ReplyPrinter::finish() {
  if (mode_ == PrintMode::raw) return;
  if (!tail_.empty()) last_ = tail_.back();
  write(escape_for_terminal(tail_, Newlines::keep));
  tail_.clear();
  if (last_ != '\n') write("\n");
  last_ = '\n';
}

}  // namespace netecho
