#pragma once

/// \file
/// A file that a run writes beside its output: buffered, so that it costs the run little.

#include <string>
#include <string_view>

#include "core/base/output.hpp"
#include "core/base/unique_fd.hpp"

namespace netecho {

class OutputFile {
 public:
  /// Makes the file, or empties it. Throws Error (io).
  explicit OutputFile(const std::string& path);
  ~OutputFile() { flush(); }
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  /// What fails is kept for finish(); everything after it is dropped.
  void write(std::string_view bytes);
  void flush() noexcept;
  /// Writes out what is left. Throws Error (io) if anything could not be written.
  void finish();

 private:
  UniqueFd fd_;
  Output output_;
  std::string buffer_;
};

}  // namespace netecho
