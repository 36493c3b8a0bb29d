#pragma once

/// \file
/// Knows what is outstanding, and which probe a reply, an error or a silence is charged to:
///
/// - An intact reply answers the sequence it carries; a frame of another session is left alone.
/// - A damaged reply whose header still names an outstanding probe makes that one a `mismatch`.
///   If the header names one that is final already, it was a further copy, and is left alone.
/// - A damaged reply that names none spoiled one of the probes outstanding at that moment. Which
///   one shows when the others are answered: as soon as as many are left as were spoiled, these are
///   the mismatches; at the latest when one of them times out. So one damaged reply costs one
///   probe; only bytes sent beside the replies cost a probe its answer, which then is `late`.
/// - With a key, only a reply with a valid tag is an answer, and nothing else ends a probe: anybody
///   could send it. A probe that times out is a `mismatch` if something claimed to answer it.
/// - An error with a quoted probe makes that one `refused` or `unreachable`; an error that quotes
///   too little is charged to the oldest one outstanding.
/// - When the connection is gone, what is outstanding is lost at once, as `timeout`: no answer can
///   come any more. (`refused` and `unreachable` are what a network says of a single probe.) Ticks
///   that are due while it is made again are skipped.

#include <cstddef>
#include <cstdint>
#include <optional>

#include "core/base/units.hpp"
#include "core/measure/sequence_tracker.hpp"
#include "core/probe/lost_probe.hpp"

namespace netecho {

/// Allocates at construction only. What is returned as lost is no longer outstanding, and is
/// returned once.
class Matcher {
 public:
  /// See SequenceTracker.
  Matcher(std::size_t max_outstanding, Duration timeout,
          std::size_t least = SequenceTracker::kCapacity)
      : tracker_{max_outstanding, timeout, least} {}

  /// What was sent, and what became of it.
  [[nodiscard]] const SequenceTracker& tracker() const noexcept { return tracker_; }
  /// The probe that a reply without a sequence would answer.
  [[nodiscard]] Sequence expected() const noexcept {
    return tracker_.outstanding() > 0 ? tracker_.oldest_outstanding() : last_sent_;
  }
  /// When the last probe left; none if there was none.
  [[nodiscard]] std::optional<Instant> last_sent_when() const noexcept {
    return tracker_.sent_total() > 0 ? tracker_.sent_when(last_sent_) : std::nullopt;
  }

  /// The next probes left together, as many. REQUIRES: the tracker has room for them.
  void sent(Instant at, Duration lateness, std::uint64_t probes = 1) noexcept {
    last_sent_ = {tracker_.next().value + probes - 1};
    tracker_.sent(at, lateness, probes);
  }
  /// That many sequences from the next one on are not sent.
  void not_sent(std::uint64_t sequences) noexcept { tracker_.not_sent(sequences); }
  /// The same, and they count as unanswered: ticks from `due` on, each a `gap` after the one
  /// before. settle() tells of as many as are remembered.
  void leave_unanswered(std::uint64_t ticks, Instant due, Duration gap) noexcept;
  /// See SequenceTracker::settle().
  template <typename Settled>
  void settle(const Settled& settled) {
    tracker_.settle(settled);
  }

  /// Intact replies to `most` sequences from this one on came at `at`: see
  /// SequenceTracker::arrived(). If it shows that its probe is lost (Arrival::expired), expired()
  /// says what is known of that one.
  [[nodiscard]] Arrival arrived(Sequence sequence, Instant at, std::uint64_t most = 1) noexcept {
    const Arrival arrival = tracker_.arrived(sequence, at, most);
    if (arrival.kind != ArrivalKind::received && !arrival.expired) return arrival;
    for (std::uint64_t i = 0; i < arrival.probes && candidates_ != 0; ++i) {
      forget_candidate({sequence.value + i});
    }
    return arrival;
  }
  [[nodiscard]] LostProbe expired(Sequence sequence) const noexcept {
    return {sequence, ReplyStatus::timeout, tracker_.sent_probe(sequence)};
  }
  /// Something that need not be believed claimed to answer this probe.
  void doubt(Sequence sequence) noexcept { tracker_.doubt(sequence); }

  /// A damaged reply names a probe that was sent, which is lost by that if it was outstanding.
  [[nodiscard]] std::optional<LostProbe> damaged(Sequence named) noexcept;
  /// A damaged reply names no probe that was sent: it spoiled one of those outstanding, if any.
  void spoil() noexcept;
  /// The next probe that must be one of those spoiled, now that as many are left. To be called
  /// until there is none, after spoil() and whenever something has become final.
  [[nodiscard]] std::optional<LostProbe> next_spoiled() noexcept {
    if (spoiled_ == 0 || spoiled_ < candidates_) return std::nullopt;
    return charge_spoiled();
  }

  /// The network answered with this errno, and quotes a probe.
  [[nodiscard]] std::optional<LostProbe> refused(Sequence quoted, int error) noexcept;
  /// The same without a quote that tells which probe it was.
  [[nodiscard]] std::optional<LostProbe> refused(int error) noexcept;
  /// The next probe that timed out by `now`. To be called until there is none.
  [[nodiscard]] std::optional<LostProbe> timed_out(Instant now) noexcept {
    if (tracker_.next_expiry() > now) return std::nullopt;
    return time_out_oldest();
  }
  /// The connection is gone, and with it the next of those outstanding. To be called until there is
  /// none.
  [[nodiscard]] std::optional<LostProbe> disconnected() noexcept;

 private:
  LostProbe lose(Sequence sequence, ReplyStatus status, Loss how = Loss::silent) noexcept;
  LostProbe charge_spoiled() noexcept;
  LostProbe time_out_oldest() noexcept;
  LostProbe refuse(Sequence sequence, int error) noexcept;
  /// `sequence` is no longer outstanding.
  void forget_candidate(Sequence sequence) noexcept {
    if (candidates_ == 0 || sequence.value >= spoiled_before_.value) return;
    if (--candidates_ == 0) spoiled_ = 0;
  }

  SequenceTracker tracker_;
  Sequence last_sent_;
  std::size_t spoiled_ = 0;     ///< Damaged replies that no probe was charged with yet.
  Sequence spoiled_before_;     ///< They belong to probes before this one …
  std::size_t candidates_ = 0;  ///< … of which so many are outstanding.
};

}  // namespace netecho
