#pragma once

/// \file
/// `send` takes its bytes from an argument, a file or standard input.

#include <memory>
#include <optional>
#include <string>

#include "core/send/exchange.hpp"

namespace netecho {

/// Gives bytes that are there already.
[[nodiscard]] std::unique_ptr<PayloadSource> literal_payload(std::string bytes);

/// Reads a descriptor that stays the caller's; `name` is for messages. A regular file is read from
/// its current offset, and can be read again.
[[nodiscard]] std::unique_ptr<PayloadSource> fd_payload(int fd, std::string name);

/// Opens a file. Throws Error (io).
[[nodiscard]] std::unique_ptr<PayloadSource> file_payload(const std::string& path);

/// Gives the bytes of a payload once more, from the start. REQUIRES: `original` has a size, and
/// outlives it.
[[nodiscard]] std::unique_ptr<PayloadSource> repeated_payload(PayloadSource& original);

/// Cuts a source into lines, each with its newline; the last may lack one.
class LineReader {
 public:
  static constexpr std::size_t kMaxLineBytes = 8 * 1024 * 1024;

  explicit LineReader(PayloadSource& source) : source_{source} {}
  /// Reads what is there once; REQUIRES: the source is readable. Throws Error (io).
  void fill();
  /// Returns the next whole line; none while there is none, or at the end. Throws Error (io) for a
  /// line that is too long.
  [[nodiscard]] std::optional<std::string> next();
  [[nodiscard]] bool at_end() const { return ended_ && rest_.empty(); }

 private:
  PayloadSource& source_;
  std::string rest_;
  std::size_t scanned_ = 0;  ///< No newline before this.
  bool ended_ = false;
};

}  // namespace netecho
