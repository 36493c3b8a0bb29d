#pragma once

/// \file
/// What became of each probe: one final status a sequence, and the extra copies. Memory is set at
/// construction and stays, however long the run; what a short one does not come to is not touched.
///
/// A ring holds the last `capacity()` sequences: those outstanding and, behind them, at least as
/// many whose status is final, by which a late first copy is told from a duplicate. What is further
/// back was sent more than a time-out ago; a copy of it counts as late.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "core/base/units.hpp"
#include "core/base/zero_pages.hpp"

namespace netecho {

inline constexpr std::size_t kMaxOutstanding = 262'144;

/// This is a probe whose status, and that of all before it, is final; or a tick whose probe was not
/// sent and counts as unanswered.
struct SettledProbe {
  Sequence sequence;
  bool received = false;
  Duration rtt{};          ///< When received.
  Instant sent{};          ///< T1, or when it was due if it was not sent.
  Duration lateness{};     ///< T1 - intended, when lost.
  bool explained = false;  ///< Not received, and there is a reason other than silence.
  /// So many sequences from this one on were sent and received together; one if not received.
  std::uint64_t probes = 1;
};

/// How it is known that a probe is lost.
enum class Loss : std::uint8_t {
  silent,     ///< Nothing came back, or nothing that proves it.
  explained,  ///< Its connection is gone, or the host or the network refused it.
};

struct SentProbe {
  Instant at{};         ///< T1.
  Duration lateness{};  ///< T1 - intended.
};

enum class ArrivalKind : std::uint8_t {
  received,   ///< The first copy, in time.
  late,       ///< The first copy of a probe that is lost (by this very copy, if `expired`).
  duplicate,  ///< A further copy, of a received or late one.
  unknown,    ///< Its sequence was never sent.
};

struct Arrival {
  ArrivalKind kind = ArrivalKind::unknown;
  bool expired = false;    ///< The copy came after the time-out, which nobody had noticed yet.
  bool reordered = false;  ///< Received, after a higher sequence.
  std::optional<Duration> rtt{};  ///< For a received or late copy, unless forgotten.
  Duration lateness{};            ///< For a received or late copy: T1 - intended.
  std::uint64_t sent_up_to = 0;   ///< For a received copy: probes sent up to and with this.
  std::uint64_t probes = 1;       ///< So many sequences in a row arrived, all as this one.
};

class SequenceTracker {
 public:
  /// Late copies are told from duplicates at least half as far back, however few are outstanding.
  static constexpr std::size_t kCapacity = 1024;

  /// Allocates all it ever needs. `max_outstanding` is 1 … kMaxOutstanding.
  SequenceTracker(std::size_t max_outstanding, Duration timeout, std::size_t least = kCapacity);

  /// The next sequence to be sent or skipped.
  [[nodiscard]] Sequence next() const noexcept { return {next_}; }
  /// True when no probe may be sent: too many are outstanding, or too old a one is.
  [[nodiscard]] bool full() const noexcept;
  /// So many probes from next() on were sent together at T1, `lateness` after they were due.
  /// REQUIRES: !full(), and no more than max_outstanding() are outstanding then.
  void sent(Instant at, Duration lateness, std::uint64_t probes = 1) noexcept;
  /// That many sequences from next() on are not sent.
  void not_sent(std::uint64_t sequences) noexcept {
    if (settled_ == next_) settled_ += sequences;
    next_ += sequences;
  }
  /// `next()` was due then, is not sent, and counts as unanswered: settle() tells of it in its
  /// turn.
  void unanswered(Instant due) noexcept;

  [[nodiscard]] std::uint64_t sent_total() const noexcept { return sent_total_; }
  [[nodiscard]] std::size_t outstanding() const noexcept { return outstanding_; }
  /// How many probes may be outstanding at once.
  [[nodiscard]] std::size_t max_outstanding() const noexcept { return max_outstanding_; }
  /// How many are outstanding up to and including `last`.
  [[nodiscard]] std::size_t outstanding_up_to(Sequence last) const noexcept;
  [[nodiscard]] bool is_outstanding(Sequence sequence) const noexcept;
  /// The smallest sequence that is outstanding; REQUIRES: there is one.
  [[nodiscard]] Sequence oldest_outstanding() const noexcept;
  /// When the oldest one outstanding is lost; kNever without one.
  [[nodiscard]] Instant next_expiry() const noexcept;
  /// When a probe that is outstanding or lost was sent, and how late; none if it is forgotten.
  [[nodiscard]] std::optional<SentProbe> sent_probe(Sequence sequence) const noexcept;
  /// When a probe that is remembered was sent, whatever became of it.
  [[nodiscard]] std::optional<Instant> sent_when(Sequence sequence) const noexcept {
    const Cell* const at = find(sequence);
    return at != nullptr ? std::optional{sent_at(*at)} : std::nullopt;
  }
  /// Something that need not be believed claimed to answer this sequence. Only doubted() tells, as
  /// long as the probe is outstanding.
  void doubt(Sequence sequence) noexcept {
    if (is_outstanding(sequence)) cell(sequence.value).packed |= kDoubted;
  }
  [[nodiscard]] bool doubted(Sequence sequence) const noexcept {
    return is_outstanding(sequence) && (find(sequence)->packed & kDoubted) != 0;
  }
  /// Whether this sequence was sent, as far as is remembered.
  [[nodiscard]] bool was_sent(Sequence sequence) const noexcept {
    return find(sequence) != nullptr;
  }

  /// Copies of `most` sequences from this one on arrived whole at T4 = `at`. Says what that is for
  /// the first of them, and for those behind it that left together with it and are received, too.
  Arrival arrived(Sequence sequence, Instant at, std::uint64_t most = 1) noexcept;
  /// `sequence` is lost. REQUIRES: it is outstanding.
  void lose(Sequence sequence, Loss how = Loss::silent) noexcept;

  /// Calls `settled(SettledProbe)` for each probe whose status has become final with all before
  /// it, in order; once for those that were sent and received together. To be called after each
  /// change, before the next probe is sent.
  template <typename Settled>
  void settle(const Settled& settled);
  /// Calls `final(SettledProbe)` for those whose status is final, but waits for one before it. Does
  /// not settle them.
  template <typename Final>
  void for_each_waiting(const Final& final) const;

  [[nodiscard]] std::size_t capacity() const noexcept { return ring_.size(); }

 private:
  enum class State : std::uint8_t {
    unused,
    outstanding,
    received,
    lost,
    explained,
    late,
    not_sent
  };
  static constexpr std::int64_t kDoubted = 0x80;

  /// A cell has 24 bytes: at most 12 MiB for 262,144 outstanding probes.
  struct Cell {
    std::uint32_t tag = 0;      ///< Low bits of the sequence; an older tenant has others.
    std::uint32_t ordinal = 0;  ///< Low bits of the number of probes sent before.
    std::int64_t time_ns = 0;   ///< T1, or when it was due if it was not sent.
    std::int64_t packed = 0;    ///< The RTT when received, else lateness, in ns; low 8 bits: the
                                ///< state, and kDoubted.

    [[nodiscard]] State state() const noexcept { return static_cast<State>(packed & 0x7F); }
    [[nodiscard]] Duration lateness() const noexcept { return Duration{packed >> 8}; }
    [[nodiscard]] Duration rtt() const noexcept { return Duration{packed >> 8}; }
    void set(Duration lateness_or_rtt, State state) noexcept {
      packed = lateness_or_rtt.count() * 256 + static_cast<std::int64_t>(state);
    }
  };

  [[nodiscard]] Cell& cell(std::uint64_t sequence) noexcept { return ring_[sequence & mask_]; }
  /// The cell of a sequence that is remembered, sent or not; else null.
  [[nodiscard]] const Cell* slot(Sequence sequence) const noexcept;
  /// The cell of a probe that was sent; else null.
  [[nodiscard]] const Cell* find(Sequence sequence) const noexcept;
  /// How many sequences from this one on, before `end`, have equal cells but for their numbers.
  [[nodiscard]] std::uint64_t alike(std::uint64_t sequence, std::uint64_t end) const noexcept;
  [[nodiscard]] static SettledProbe outcome(Sequence sequence, const Cell& cell) noexcept {
    if (cell.state() == State::received) return {sequence, true, cell.rtt(), sent_at(cell)};
    const bool explained = cell.state() == State::explained || cell.state() == State::not_sent;
    return {sequence, false, {}, sent_at(cell), cell.lateness(), explained};
  }
  [[nodiscard]] static Instant sent_at(const Cell& cell) noexcept {
    return Instant{Duration{cell.time_ns}};
  }
  /// The oldest one outstanding, or next().
  [[nodiscard]] std::uint64_t first_unsettled() const noexcept {
    return outstanding_ == 0 ? next_ : oldest_;
  }
  void close(std::uint64_t sequence, State state) noexcept;
  [[nodiscard]] std::uint64_t receive(std::uint64_t sequence, std::uint64_t most,
                                      Duration rtt) noexcept;
  void close_oldest() noexcept;
  [[nodiscard]] Arrival arrived_late(Sequence sequence, const Cell* found, Instant at) noexcept;

  ZeroPages<Cell> ring_;  ///< A power of two of them; zero is an unused one.
  std::uint64_t mask_;
  std::size_t max_outstanding_;
  Duration timeout_;
  std::uint64_t next_ = 0;
  std::uint64_t oldest_ = 0;   ///< The oldest one outstanding, if there is one.
  std::uint64_t settled_ = 0;  ///< All before it were told to settle().
  std::uint64_t sent_total_ = 0;
  std::size_t outstanding_ = 0;
  std::optional<std::uint64_t> highest_received_;
};

template <typename Settled>
void SequenceTracker::settle(const Settled& settled) {
  for (const std::uint64_t end = first_unsettled(); settled_ < end;) {
    const Cell* const at = slot({settled_});
    if (at == nullptr) {  // What the instrument skipped by itself is in no cell.
      ++settled_;
      continue;
    }
    SettledProbe probe = outcome({settled_}, *at);
    if (probe.received) probe.probes = alike(settled_, end);
    settled(probe);
    settled_ += probe.probes;
  }
}

template <typename Final>
void SequenceTracker::for_each_waiting(const Final& final) const {
  const std::uint64_t end = std::min<std::uint64_t>(next_, settled_ + ring_.size() / 2);
  for (std::uint64_t i = settled_; i < end; ++i) {
    const Cell* const at = slot({i});
    if (at != nullptr && at->state() != State::outstanding) final(outcome({i}, *at));
  }
}

}  // namespace netecho
