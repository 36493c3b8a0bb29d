#pragma once

/// \file
/// How a run went over time, in constant memory whatever its length: for each of at most 512
/// stretches what was answered, how fast, and what was lost.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "core/base/units.hpp"
#include "core/facts/reply.hpp"
#include "core/report/latency_rows.hpp"

namespace netecho {

/// A stretch of a run. `skipped` are probes that were not sent.
struct TimeBin {
  Duration start{};
  Duration width{};
  std::uint64_t received = 0;
  std::uint64_t lost = 0;
  std::uint64_t skipped = 0;
  std::optional<Duration> min, p10, p50, p90, max;
};

/// Stretches begin a microsecond wide. When a run outgrows them, each two become one. Recording
/// allocates nothing.
class TimeLine {
 public:
  static constexpr std::size_t kBins = 512;

  /// Throws std::bad_alloc.
  TimeLine();

  /// `at`: since the start of the run; earlier counts as the start.
  void record(Duration at, ReplyStatus status, std::optional<Duration> rtt) noexcept;
  /// Up to where something was recorded.
  [[nodiscard]] Duration length() const noexcept { return last_; }
  [[nodiscard]] Duration bin_width() const noexcept { return width_; }
  /// Returns at most `most` stretches of the same width, from the start; those without any probe
  /// among them. `most` > 0.
  [[nodiscard]] std::vector<TimeBin> bins(std::size_t most) const;

 private:
  struct Counts {
    std::uint64_t received = 0, lost = 0, skipped = 0;
    Duration min{}, max{};
  };
  void halve() noexcept;
  static void add(Counts& to, const Counts& from) noexcept;

  LatencyRows rows_;
  std::array<Counts, kBins> counts_{};
  Duration width_{std::chrono::microseconds{1}};
  Duration last_{};
};

/// A probe that was lost, by its status; one that was not sent is none.
[[nodiscard]] bool is_lost(ReplyStatus status) noexcept;
[[nodiscard]] bool is_unsent(ReplyStatus status) noexcept;

}  // namespace netecho
