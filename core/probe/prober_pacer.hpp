#pragma once

/// \file
/// Says when a flow has a probe to send: at the ticks of its schedule, or in a flood as soon as
/// there is room for one.

#include <algorithm>
#include <cstdint>
#include <optional>

#include "core/base/units.hpp"
#include "core/measure/schedule.hpp"
#include "core/probe/prober.hpp"

namespace netecho {

class Pacer {
 public:
  /// A full socket that cannot tell when it has room (unix datagrams) is tried again this often.
  static constexpr Duration kRetryInterval = std::chrono::milliseconds{1};

  /// `options` outlive it. A random schedule draws its gaps from `seed`.
  Pacer(const ProbeOptions& options, std::uint64_t seed) noexcept;

  /// The first tick is not due before `first`. The flow has this phase among all flows.
  void plan(Instant first, Duration phase) noexcept {
    first_tick_ = first;
    phase_ = phase;
  }
  [[nodiscard]] bool planned() const noexcept { return first_tick_ != kNever; }
  [[nodiscard]] Instant first_tick() const noexcept { return first_tick_; }
  /// When the first tick is due if everything is ready for it at `now`.
  [[nodiscard]] Instant first_tick_after(Instant now) const noexcept {
    return now <= first_tick_ ? first_tick_ : saturating_add(now, phase_);
  }

  /// From now on the schedule runs: its first tick is due at `first`.
  void start(Instant first) noexcept;
  [[nodiscard]] bool begun() const noexcept { return begun_; }
  [[nodiscard]] Instant started_at() const noexcept { return start_; }
  /// Nothing more is to be sent: no tick is left, or the flood is over.
  [[nodiscard]] bool done() const noexcept {
    return begun_ && (options_.floods() ? flood_over_ : schedule_.finished());
  }
  /// When there is something to send, if it can be sent: at a tick, in a flood at once. REQUIRES:
  /// begun().
  [[nodiscard]] Instant next_send() const noexcept {
    if (options_.floods()) return retry_at_.value_or(Instant{});  // That has passed.
    return retry_at_ ? std::min(*retry_at_, schedule_.expires()) : schedule_.due();
  }

  /// The socket was full: it is tried again a little later than `now`.
  void retry_later(Instant now) noexcept { retry_at_ = now + kRetryInterval; }
  /// The socket may have room again.
  void retry_now() noexcept { retry_at_.reset(); }
  /// Whether it is too early to try a full socket again. A tick that expires does not wait for it.
  [[nodiscard]] bool held_back(Instant now) const noexcept {
    return retry_at_ && now < *retry_at_ && (options_.floods() || now < schedule_.expires());
  }

  /// When the current tick is due, and from when on its probe is too late to be sent.
  [[nodiscard]] Instant due() const noexcept { return schedule_.due(); }
  [[nodiscard]] Instant expires() const noexcept { return schedule_.expires(); }
  /// Goes on to the next tick.
  void advance() noexcept { schedule_.advance(); }
  /// Skips the ticks that nobody can keep any more, or all before `end` (kNever: all that are
  /// left), and returns how many. REQUIRES of the second: the schedule ends, or `end` is a time.
  std::uint64_t skip_missed(Instant now) noexcept { return schedule_.skip_missed(now); }
  std::uint64_t skip_before(Instant end) noexcept { return schedule_.skip_before(end); }
  /// Whether the count or the time that was asked for ends the schedule.
  [[nodiscard]] bool ends() const noexcept {
    return options_.count != 0 || options_.duration != Duration::max();
  }

  /// A tick of the schedule is used: its probe is sent, or it is skipped.
  void note_use() noexcept { untouched_ = false; }
  /// Whether no tick was used so far, and the first one's probe is too late now.
  [[nodiscard]] bool missed_start(Instant now) const noexcept {
    return untouched_ && schedule_.expires() <= now;
  }

  /// How many probes a flood has still to send; 0 once it is over, because that many were sent or
  /// because its time is up at `now`.
  [[nodiscard]] std::uint64_t left_of_flood(Instant now) noexcept;
  /// So many probes of a flood were sent, or failed.
  void note_flooded(std::uint64_t probes) noexcept { flooded_ += probes; }
  /// How many probes of its count a flood has not come to; 0 without a count.
  [[nodiscard]] std::uint64_t missing_of_flood() const noexcept {
    return options_.count != 0 ? options_.count - flooded_ : 0;
  }
  /// A flood is over, whatever is left of it.
  void end_flood() noexcept { flood_over_ = true; }

 private:
  const ProbeOptions& options_;
  std::uint64_t seed_;
  Schedule schedule_;
  Instant first_tick_ = kNever;
  Duration phase_{};
  Instant start_{};
  bool begun_ = false;
  bool untouched_ = true;
  bool flood_over_ = false;
  std::uint64_t flooded_ = 0;
  std::optional<Instant> retry_at_;
};

}  // namespace netecho
