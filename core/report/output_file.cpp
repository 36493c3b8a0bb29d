#include "core/report/output_file.hpp"

#include <utility>

#include "core/base/open_output.hpp"

namespace netecho {
namespace {

constexpr std::size_t kBufferBytes = 65'536;

/// If a run ends by an exception, nobody waits for a disk for long.
constexpr Duration kLastPatience = std::chrono::seconds{1};

}  // namespace

OutputFile::OutputFile(const std::string& path, std::size_t max_queued_bytes)
    : OutputFile{open_output(path, IfMissing::create), path, max_queued_bytes} {}

OutputFile::OutputFile(UniqueFd file, const std::string& path, std::size_t max_queued_bytes)
    : path_{path},
      max_queued_bytes_{max_queued_bytes},
      writer_{Output{file.get(), path}, std::move(file)} {
  buffer_.reserve(2 * kBufferBytes);
}

OutputFile::~OutputFile() {
  hand_over();
  static_cast<void>(writer_.flush(kLastPatience));
}

void OutputFile::write(std::string_view record) {
  buffer_ += record;
  ++buffered_;
  if (buffer_.size() >= kBufferBytes) hand_over();
}

void OutputFile::hand_over() {
  if (!writer_.push(buffer_, max_queued_bytes_)) lost_ += buffered_;
  buffer_.clear();
  buffered_ = 0;
}

void OutputFile::finish() {
  hand_over();
  if (const auto error = writer_.drain().error()) throw *error;
  if (lost_ == 0) return;
  throw Error{ErrorCategory::io, "write", path_,
              std::to_string(lost_) + " records are missing: they came faster than they could be " +
                  "written"};
}

}  // namespace netecho
