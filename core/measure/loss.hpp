#pragma once

/// \file
/// Tells where losses fall: in runs (RFC 3357), on the way there or on the way back (RFC 7680).

#include <algorithm>
#include <cstdint>
#include <optional>

#include "core/base/units.hpp"

namespace netecho {

/// Finds runs of consecutive losses. It is told every tick that was answered or went unanswered, in
/// order of sequence. Ticks that the instrument skipped by itself neither lengthen a run nor end
/// it.
class LossRunCounter {
 public:
  /// `interval` is what one lost probe stands for in time.
  explicit LossRunCounter(Duration interval) noexcept : interval_{interval} {}

  /// A probe that was sent then is lost, or so many ticks that were due from then on.
  void lost(Instant sent, std::uint64_t slots = 1) noexcept;
  void received() noexcept { length_ = 0; }

  [[nodiscard]] std::uint64_t count() const noexcept { return count_; }
  [[nodiscard]] std::uint64_t longest() const noexcept { return longest_; }  ///< In probes.
  /// The time from the sending of a run's first loss to that of its last, plus one interval.
  [[nodiscard]] Duration longest_time() const noexcept { return longest_time_; }

 private:
  Duration interval_;
  Instant first_{};
  std::uint64_t length_ = 0;
  std::uint64_t count_ = 0;
  std::uint64_t longest_ = 0;
  Duration longest_time_{};
};

/// Tells losses on the way there from those on the way back, by the server's count of distinct
/// frames received. Only losses up to the highest answered sequence can be told.
class LossDirection {
 public:
  struct Split {
    std::uint64_t forward = 0;
    std::uint64_t reverse = 0;
    bool operator==(const Split&) const = default;
  };

  /// A first copy came in time. `sent_up_to`: probes sent up to and including this one.
  /// `server_count`: none from a server that does not stamp, 0 if it does not know. No server can
  /// have seen more than was `sent_by_now`; it has seen more than `sent_up_to` where a request was
  /// overtaken.
  void answered(Sequence sequence, std::uint64_t sent_up_to,
                std::optional<std::uint64_t> server_count, std::uint64_t sent_by_now) noexcept {
    if (!highest_ || sequence.value > highest_->value) {
      highest_ = sequence;
      sent_up_to_highest_ = sent_up_to;
    }
    const std::uint64_t count = server_count.value_or(0);
    counted_ = counted_ && count != 0 && count <= sent_by_now;
    greatest_count_ = std::max(greatest_count_, count);
  }

  [[nodiscard]] std::optional<Sequence> highest_answered() const noexcept { return highest_; }

  /// Returns none without an answer, or when a server did not stamp or a count cannot be right.
  /// `received`: answers so far; `outstanding`: probes up to the highest answered that still wait.
  [[nodiscard]] std::optional<Split> split(std::uint64_t received,
                                           std::uint64_t outstanding) const noexcept;

 private:
  std::optional<Sequence> highest_;
  std::uint64_t sent_up_to_highest_ = 0;
  std::uint64_t greatest_count_ = 0;
  bool counted_ = true;  ///< Every answer so far had a count that can be right.
};

}  // namespace netecho
