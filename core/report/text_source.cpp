#include "core/report/text_source.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "core/base/error.hpp"

namespace netecho {
namespace {

constexpr std::size_t kChunkBytes = 64 * 1024;
/// No number and no word of JSON is longer.
constexpr std::size_t kLongestWord = 1024;
/// A string that nowhere has a character at which it could be cut ends the piece.
constexpr std::size_t kHopelessString = 16 * TextSource::kLongestString;

bool is_space(int c) noexcept {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

bool is_structure(int c) noexcept {
  return c == '{' || c == '}' || c == '[' || c == ']' || c == ',' || c == ':';
}

}  // namespace

TextSource::TextSource(const std::string& path) : path_{path} {
  buffer_.resize(kChunkBytes);
  if (path == "-") {
    path_ = "stdin";
    fd_ = STDIN_FILENO;
    return;
  }
  owned_ = UniqueFd{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (!owned_.valid()) throw Error{ErrorCategory::io, "open", path, errno_text(errno), errno};
  fd_ = owned_.get();
}

TextSource TextSource::of_text(std::string text) {
  TextSource out;
  out.buffer_.assign(text.begin(), text.end());
  out.end_ = out.buffer_.size();
  return out;
}

bool TextSource::fill() {
  if (fd_ < 0) return false;
  ssize_t got = 0;
  do {
    got = ::read(fd_, buffer_.data(), buffer_.size());
  } while (got < 0 && errno == EINTR);
  if (got < 0) throw Error{ErrorCategory::io, "read", path_, errno_text(errno), errno};
  at_ = 0;
  end_ = static_cast<std::size_t>(got);
  return got > 0;
}

int TextSource::peek() {
  if (at_ == end_ && !fill()) return -1;
  return static_cast<unsigned char>(buffer_[at_]);
}

int TextSource::raw() {
  const int c = peek();
  if (c < 0) return -1;
  ++at_;
  previous_ = c;
  return c;
}

bool TextSource::at_next_piece() {
  return !fresh_ && previous_ == '\n' && peek() == '{';
}

bool TextSource::next_piece() {
  while (!at_next_piece()) {
    if (fresh_ && !is_space(peek())) break;  // The first one, or the end.
    if (raw() < 0) return false;
    fresh_ = fresh_ && is_space(previous_);
  }
  if (peek() < 0) return false;
  fresh_ = true;
  ended_ = quoted_ = escaped_ = cutting_ = waits_ = false;
  length_ = 0;
  return true;
}

bool TextSource::more_in_piece() {
  while (!ended_ && !at_next_piece() && is_space(peek())) raw();
  return !ended_ && !at_next_piece() && peek() >= 0;
}

/// Cuts only before an ordinary character of ASCII, so that neither an escape nor a character of
/// several bytes is cut in two.
int TextSource::in_string(int c) {
  const bool was_escaped = escaped_;
  escaped_ = !was_escaped && c == '\\';
  if (!was_escaped && c == '"') {
    quoted_ = cutting_ = false;
    length_ = 0;
    return c;
  }
  ++length_;
  const bool plain = !was_escaped && c != '\\' && c >= 0x20 && c < 0x7F;
  if (!cutting_ && length_ > kLongestString && plain) {
    cutting_ = true;
    ++cut_strings_;
  }
  if (!cutting_ && length_ > kHopelessString) ended_ = true;
  return c;
}

int TextSource::get() {
  while (true) {
    if (ended_ || at_next_piece()) return -1;
    const bool after_space = !fresh_ && is_space(previous_);
    const int c = raw();
    if (c < 0) return -1;
    fresh_ = false;
    if (quoted_) {
      in_string(c);
      if (ended_) return -1;
      if (!cutting_) return c;
      continue;
    }
    if (is_space(c)) {
      if (after_space) continue;
      length_ = 0;
      return ' ';
    }
    length_ = is_structure(c) ? 0 : length_ + 1;
    if (c == '"') {
      quoted_ = true;
      length_ = 0;
    } else if (length_ > kLongestWord) {
      ended_ = true;
      return -1;
    }
    return c;
  }
}

}  // namespace netecho
