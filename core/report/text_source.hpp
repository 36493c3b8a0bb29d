#pragma once

/// \file
/// Reads a file of JSON that may be gigabytes long, cut, or made by somebody who means harm: byte
/// by byte in constant memory, piece by piece.

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string>
#include <vector>

#include "core/base/unique_fd.hpp"

namespace netecho {

/// A piece begins at the start of the file and at each `{` that begins a line, as every event of
/// netecho does: so what is broken ends where the next event begins. Inside of a piece a string
/// beyond kLongestString is cut, and white space is one space, so that whoever reads it needs no
/// more memory than that.
class TextSource {
 public:
  static constexpr std::size_t kLongestString = 64 * 1024;

  /// Opens a file; "-" is standard input. Throws Error (io).
  explicit TextSource(const std::string& path);
  /// Reads what is in memory.
  static TextSource of_text(std::string text);

  /// Goes to the next piece, whatever is left of this one. Returns false behind the last.
  /// Throws Error (io) if the file can't be read.
  bool next_piece();
  /// Returns the next byte of the piece; -1 at its end. Throws as next_piece().
  int get();
  /// Returns the byte that get() returned last, until it is taken: then the next one.
  int current() {
    if (!waits_) now_ = get();
    waits_ = true;
    return now_;
  }
  void take() noexcept { waits_ = false; }
  /// Returns the next byte, of whatever piece; -1 at the end of the file. Throws as above.
  int raw();
  /// Whether get() would still return something other than white space.
  [[nodiscard]] bool more_in_piece();
  /// Whether this is the byte that comes next, of whatever piece.
  [[nodiscard]] bool starts_with(char byte) { return peek() == static_cast<unsigned char>(byte); }
  /// How many strings were cut.
  [[nodiscard]] std::uint64_t cut_strings() const noexcept { return cut_strings_; }

 private:
  TextSource() = default;
  [[nodiscard]] bool fill();
  [[nodiscard]] int peek();
  [[nodiscard]] bool at_next_piece();
  int in_string(int c);

  std::string path_;
  UniqueFd owned_;
  int fd_ = -1;
  std::vector<char> buffer_;
  std::size_t at_ = 0;
  std::size_t end_ = 0;
  int previous_ = '\n';
  int now_ = -1;
  bool waits_ = false;  ///< now_ was not taken yet.
  bool fresh_ = true;   ///< Nothing of the piece was read.
  bool ended_ = false;  ///< The piece is refused from here on.
  bool quoted_ = false;
  bool escaped_ = false;
  bool cutting_ = false;
  std::size_t length_ = 0;  ///< Of the string, or of the word outside of one.
  std::uint64_t cut_strings_ = 0;
};

/// The bytes of a piece, for a parser. It reads no further than it is asked.
class PieceIterator {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = char;

  PieceIterator() = default;
  explicit PieceIterator(TextSource& source) : source_{&source} {}
  char operator*() const { return static_cast<char>(source_->current()); }
  PieceIterator& operator++() {
    source_->take();
    return *this;
  }
  PieceIterator operator++(int) {
    ++*this;
    return *this;
  }
  friend bool operator==(const PieceIterator& a, const PieceIterator& b) {
    return a.at_end() == b.at_end();
  }
  friend bool operator!=(const PieceIterator& a, const PieceIterator& b) { return !(a == b); }

 private:
  [[nodiscard]] bool at_end() const { return source_ == nullptr || source_->current() < 0; }

  TextSource* source_ = nullptr;
};

}  // namespace netecho
