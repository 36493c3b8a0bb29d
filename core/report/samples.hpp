#pragma once

/// \file
/// Writes one record for each probe, for other programs (`probe --samples FILE.csv|.jsonl`;
/// docs/metrics.md, "Files").

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/base/units.hpp"
#include "core/facts/reply.hpp"
#include "core/report/output_file.hpp"

namespace netecho {

/// Times count from the start of the run. What was not measured is empty in CSV, null in JSON.
struct ProbeSample {
  std::size_t target = 0;  ///< As add_target() numbered it.
  std::uint32_t flow = 0;
  std::uint64_t sequence = 0;
  ReplyStatus status = ReplyStatus::ok;
  std::optional<Duration> intended{};
  std::optional<Duration> sent{};
  std::optional<Duration> received{};
  std::optional<Duration> rtt{};
  std::optional<Duration> response{};
  std::optional<Duration> server_residence{};
  std::uint64_t size_bytes = 0;
  int error_number = 0;  ///< Why it was not sent or not answered; 0: nobody said.
  WallTime time{};       ///< When it was sent, or was due, or, of a further copy, came.
};

class SampleFile {
 public:
  /// The ending of `path` chooses the format. Throws a usage Error for another ending, Error (io)
  /// if the file can't be made.
  explicit SampleFile(const std::string& path);

  /// Numbers a target, from 0.
  std::size_t add_target(const std::string& uri);
  /// Copies into a buffer; allocates nothing.
  void write(const ProbeSample& sample);
  /// Throws Error (io) if anything could not be written.
  void finish() { file_.finish(); }

 private:
  enum class Format : std::uint8_t { csv, jsonl };
  static Format format_of(const std::string& path);
  void add_time(WallTime time);

  Format format_;
  OutputFile file_;
  std::vector<std::string> targets_;  ///< As they are written, quoted.
  std::string line_;
  std::int64_t second_ = -1;  ///< Since the epoch: the one that date_ is of.
  std::string date_;          ///< `2026-11-28T08:13:28.`
};

}  // namespace netecho
