#pragma once

/// \file
/// A run writes such a file beside its output. It is buffered, so that it costs the run little.

#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/unique_fd.hpp"
#include "core/report/queued_writer.hpp"

namespace netecho {

/// A thread writes to the disk, so that it does not hold up the run.
class OutputFile {
 public:
  /// If a stalled disk has more than this still to take, records are lost, which is an error.
  static constexpr std::size_t kMaxQueuedBytes = 64 * 1024 * 1024;

  /// Makes the file, or empties it. Throws Error (io).
  explicit OutputFile(const std::string& path, std::size_t max_queued_bytes = kMaxQueuedBytes);
  ~OutputFile();
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  /// Writes one record. A failure is kept for finish(); everything after it is dropped.
  void write(std::string_view record);
  /// Waits until what is left is written. Throws Error (io) if anything could not be.
  void finish();

 private:
  OutputFile(UniqueFd file, const std::string& path, std::size_t max_queued_bytes);
  void hand_over();

  std::string path_;
  std::size_t max_queued_bytes_;
  QueuedWriter writer_;
  std::string buffer_;
  std::uint64_t buffered_ = 0;  ///< Records in it.
  std::uint64_t lost_ = 0;      ///< Records that the queue had no room for.
};

}  // namespace netecho
