#include "core/measure/sequence_tracker.hpp"

#include <algorithm>
#include <bit>

#include "core/measure/schedule.hpp"

namespace netecho {
namespace {

/// Tags are the low 32 bits of a sequence.
constexpr std::uint64_t kTagRange = UINT32_MAX;

std::size_t ring_size(std::size_t max_outstanding, std::size_t least) {
  return std::bit_ceil(std::max(least, 2 * max_outstanding));
}

}  // namespace

SequenceTracker::SequenceTracker(std::size_t max_outstanding, Duration timeout, std::size_t least)
    : ring_(ring_size(std::clamp<std::size_t>(max_outstanding, 1, kMaxOutstanding), least)),
      mask_{ring_.size() - 1},
      max_outstanding_{std::clamp<std::size_t>(max_outstanding, 1, kMaxOutstanding)},
      timeout_{timeout} {}

bool SequenceTracker::full() const noexcept {
  if (outstanding_ == 0) return false;
  // Skipped ticks stretch what is outstanding, which must not reach its own tail.
  return outstanding_ == max_outstanding_ || next_ - oldest_ >= ring_.size() / 2;
}

void SequenceTracker::sent(Instant at, Duration lateness, std::uint64_t probes) noexcept {
  if (outstanding_ == 0) oldest_ = next_;
  Cell fresh{.time_ns = at.time_since_epoch().count()};
  fresh.set(lateness, State::outstanding);
  for (std::uint64_t i = 0; i < probes; ++i) {
    fresh.tag = static_cast<std::uint32_t>(next_ + i);
    fresh.ordinal = static_cast<std::uint32_t>(sent_total_ + i);
    cell(next_ + i) = fresh;
  }
  outstanding_ += probes;
  next_ += probes;
  sent_total_ += probes;
}

void SequenceTracker::unanswered(Instant due) noexcept {
  // What is outstanding is never overwritten, however many ticks pass meanwhile: see full().
  if (outstanding_ == 0 || next_ - oldest_ < ring_.size() / 2) {
    Cell& here = cell(next_);
    here.tag = static_cast<std::uint32_t>(next_);
    here.time_ns = due.time_since_epoch().count();
    here.set(Duration::zero(), State::not_sent);
  }
  ++next_;
}

const SequenceTracker::Cell* SequenceTracker::slot(Sequence sequence) const noexcept {
  // What is outstanding is found however far back a long pause has left it: nobody overwrites it.
  if (sequence.value >= next_ || next_ - sequence.value > kTagRange) return nullptr;
  const Cell& at = ring_[sequence.value & mask_];
  const bool same = at.tag == static_cast<std::uint32_t>(sequence.value);
  return same && at.state() != State::unused ? &at : nullptr;
}

const SequenceTracker::Cell* SequenceTracker::find(Sequence sequence) const noexcept {
  const Cell* const at = slot(sequence);
  return at != nullptr && at->state() != State::not_sent ? at : nullptr;
}

bool SequenceTracker::is_outstanding(Sequence sequence) const noexcept {
  const Cell* const at = find(sequence);
  return at != nullptr && at->state() == State::outstanding;
}

std::optional<SentProbe> SequenceTracker::sent_probe(Sequence sequence) const noexcept {
  const Cell* const at = find(sequence);
  if (at == nullptr || at->state() == State::received) return std::nullopt;
  return SentProbe{sent_at(*at), at->lateness()};
}

Sequence SequenceTracker::oldest_outstanding() const noexcept {
  return {oldest_};
}

std::size_t SequenceTracker::outstanding_up_to(Sequence last) const noexcept {
  if (outstanding_ == 0) return 0;
  std::size_t count = 0;
  const std::uint64_t end = std::min(next_, oldest_ + ring_.size() / 2);  // See full().
  for (std::uint64_t i = oldest_; i < end && i <= last.value; ++i) {
    if (is_outstanding({i})) ++count;
  }
  return count;
}

Instant SequenceTracker::next_expiry() const noexcept {
  if (outstanding_ == 0) return kNever;
  return saturating_add(sent_at(ring_[oldest_ & mask_]), timeout_);
}

/// The oldest one outstanding is so no longer.
void SequenceTracker::close_oldest() noexcept {
  if (outstanding_ == 0) return;
  while (ring_[++oldest_ & mask_].state() != State::outstanding) {
  }
}

/// A probe that was outstanding is not answered in time.
void SequenceTracker::close(std::uint64_t sequence, State state) noexcept {
  Cell& here = cell(sequence);
  here.set(here.lateness(), state);
  --outstanding_;
  if (sequence == oldest_) close_oldest();
}

std::uint64_t SequenceTracker::alike(std::uint64_t sequence, std::uint64_t end) const noexcept {
  const Cell first = ring_[sequence & mask_];
  std::uint64_t count = 1;
  for (; count < end - sequence; ++count) {
    const Cell& other = ring_[(sequence + count) & mask_];
    const auto behind = static_cast<std::uint32_t>(count);
    const bool same = other.tag == first.tag + behind && other.ordinal == first.ordinal + behind &&
                      other.time_ns == first.time_ns && other.packed == first.packed;
    if (!same) break;
  }
  return count;
}

/// A probe that was outstanding is received, and with it those of the `most` sequences from it on
/// that left together with it. Returns how many.
std::uint64_t SequenceTracker::receive(std::uint64_t sequence, std::uint64_t most,
                                       Duration rtt) noexcept {
  const std::uint64_t probes = alike(sequence, sequence + most);
  for (std::uint64_t i = 0; i < probes; ++i) cell(sequence + i).set(rtt, State::received);
  outstanding_ -= probes;
  if (sequence == oldest_) close_oldest();
  return probes;
}

void SequenceTracker::lose(Sequence sequence, Loss how) noexcept {
  close(sequence.value, how == Loss::silent ? State::lost : State::explained);
}

Arrival SequenceTracker::arrived(Sequence sequence, Instant at, std::uint64_t most) noexcept {
  const Cell* const found = find(sequence);
  if (found == nullptr || found->state() != State::outstanding) {
    return arrived_late(sequence, found, at);
  }
  const Duration lateness = found->lateness();
  const Duration rtt = at - sent_at(*found);
  if (rtt > timeout_) {
    close(sequence.value, State::late);
    return {.kind = ArrivalKind::late, .expired = true, .rtt = rtt, .lateness = lateness};
  }
  const std::uint32_t sent_since = static_cast<std::uint32_t>(sent_total_) - found->ordinal;
  const bool reordered = highest_received_ && sequence.value < *highest_received_;
  const std::uint64_t probes = receive(sequence.value, reordered ? 1 : most, rtt);
  if (!reordered) highest_received_ = sequence.value + probes - 1;
  return {.kind = ArrivalKind::received,
          .reordered = reordered,
          .rtt = rtt,
          .lateness = lateness,
          .sent_up_to = sent_total_ - sent_since + 1,
          .probes = probes};
}

/// What is not outstanding, or not remembered: then `found` is null.
Arrival SequenceTracker::arrived_late(Sequence sequence, const Cell* found, Instant at) noexcept {
  if (found == nullptr) {
    const bool forgotten = sequence.value < next_ && next_ - sequence.value > ring_.size();
    return {.kind = forgotten ? ArrivalKind::late : ArrivalKind::unknown};
  }
  if (found->state() == State::received || found->state() == State::late) {
    return {.kind = ArrivalKind::duplicate};
  }
  const Duration lateness = found->lateness();
  cell(sequence.value).set(lateness, State::late);
  return {.kind = ArrivalKind::late, .rtt = at - sent_at(*found), .lateness = lateness};
}

}  // namespace netecho
