#pragma once

/// \file
/// What single probes add to the figures of a run: how it went over time, and its whole
/// distribution. A page draws its plots from this, whether the run just ended or was read again.

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/units.hpp"
#include "core/facts/reply.hpp"
#include "core/measure/histogram.hpp"
#include "core/report/time_line.hpp"

namespace netecho {

/// The probes of one target in one run.
struct Series {
  TimeLine line;
  std::array<std::uint64_t, 9> by_status{};
  bool timed = true;             ///< Whether it is known when each was sent.
  std::optional<WallTime> zero;  ///< The time of day at the beginning of `line`.

  /// For a run that is measured, which keeps its distribution itself. Allocates nothing.
  void note(Duration at, ReplyStatus status, std::optional<Duration> rtt) noexcept;
  /// The distribution of the run that was measured.
  void take(std::shared_ptr<const Histogram> whole) noexcept { whole_ = std::move(whole); }
  /// For a probe that is read again: its round trip is counted here, too. Throws std::bad_alloc.
  void record(Duration at, ReplyStatus status, std::optional<Duration> rtt);
  [[nodiscard]] const Histogram& latency() const noexcept { return whole_ ? *whole_ : counted_; }
  [[nodiscard]] std::uint64_t count(ReplyStatus status) const noexcept {
    return by_status[static_cast<std::size_t>(status)];
  }

 private:
  Histogram counted_{HistogramSpace::as_needed};
  std::shared_ptr<const Histogram> whole_;  ///< Null: what was counted is all there is.
};

/// A probe as it is read again. `at` is since the start of the first run, as far as it is known.
struct SeriesProbe {
  std::string_view target;  ///< Its URI.
  std::uint32_t flow = 0;
  std::uint64_t sequence = 0;
  ReplyStatus status = ReplyStatus::ok;
  std::optional<Duration> at{};
  std::optional<WallTime> time{};  ///< When that was, or when it was told what became of it.
  std::optional<Duration> rtt{};
};

/// All series of a command, by the URI of their target. Each run of a target (`--sweep`) has one:
/// where a sequence comes again, the next has begun.
class SeriesSet {
 public:
  /// More are not drawn; their probes are not looked at.
  static constexpr std::size_t kMost = 12;

  struct Entry {
    std::string uri;
    std::shared_ptr<Series> series;
  };

  /// Begins a run of a target. Null if there are too many.
  [[nodiscard]] std::shared_ptr<Series> begin(std::string_view uri);
  void add(const SeriesProbe& probe);
  [[nodiscard]] bool empty() const noexcept { return entries_.empty(); }
  [[nodiscard]] const std::vector<Entry>& entries() const noexcept { return entries_; }
  /// The series of the `index`th run of a target; null if there is none. If there are not as many
  /// as `of`, it can't be known whose each is.
  [[nodiscard]] std::shared_ptr<Series> find(std::string_view uri, std::size_t index,
                                             std::size_t of) const;
  /// Whether some were too many.
  [[nodiscard]] bool left_out() const noexcept { return left_out_; }

 private:
  struct Flow {
    std::size_t run = 0;
    std::uint64_t base = 0;  ///< Which of the 64 sequences from here on have come.
    std::uint64_t seen = 0;
    std::optional<Duration> first, last;  ///< When probes that were answered were sent …
    std::uint64_t first_sequence = 0;     ///< … and which they were.
    std::uint64_t last_sequence = 0;
  };
  struct Known {
    std::vector<std::shared_ptr<Series>> runs;
    std::vector<Duration> starts;  ///< Of each run.
    std::map<std::uint32_t, Flow> flows;
  };
  [[nodiscard]] Known* known(std::string_view uri);
  [[nodiscard]] Duration time_of(const SeriesProbe& probe, Flow& flow);

  std::vector<Entry> entries_;
  std::map<std::string, Known, std::less<>> known_;
  std::optional<WallTime> zero_;
  bool left_out_ = false;
};

}  // namespace netecho
