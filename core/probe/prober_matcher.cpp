#include "core/probe/prober_matcher.hpp"

#include <algorithm>
#include <cerrno>

#include "core/measure/schedule.hpp"

namespace netecho {
namespace {

ReplyStatus status_of(int error) noexcept {
  switch (error) {
    case ECONNREFUSED:
      return ReplyStatus::refused;
    case ETIMEDOUT:
      return ReplyStatus::timeout;
    default:
      return ReplyStatus::unreachable;
  }
}

}  // namespace

void Matcher::leave_unanswered(std::uint64_t ticks, Instant due, Duration gap) noexcept {
  const std::uint64_t remembered = std::min<std::uint64_t>(ticks, tracker_.capacity());
  for (std::uint64_t i = 0; i < remembered; ++i) {
    tracker_.unanswered(due);
    due = saturating_add(due, gap);
  }
  tracker_.not_sent(ticks - remembered);
}

std::optional<LostProbe> Matcher::damaged(Sequence named) noexcept {
  if (!tracker_.is_outstanding(named)) return std::nullopt;  // A further copy.
  return lose(named, ReplyStatus::mismatch);
}

void Matcher::spoil() noexcept {
  if (tracker_.outstanding() == 0) return;
  spoiled_before_ = tracker_.next();
  candidates_ = tracker_.outstanding();
  ++spoiled_;
}

LostProbe Matcher::charge_spoiled() noexcept {
  --spoiled_;
  return lose(tracker_.oldest_outstanding(), ReplyStatus::mismatch);
}

LostProbe Matcher::time_out_oldest() noexcept {
  const Sequence oldest = tracker_.oldest_outstanding();
  const bool spoiled = spoiled_ > 0 && oldest.value < spoiled_before_.value;
  if (spoiled) --spoiled_;
  const bool mismatch = spoiled || tracker_.doubted(oldest);
  return lose(oldest, mismatch ? ReplyStatus::mismatch : ReplyStatus::timeout);
}

std::optional<LostProbe> Matcher::refused(Sequence quoted, int error) noexcept {
  if (!tracker_.is_outstanding(quoted)) return std::nullopt;
  return refuse(quoted, error);
}

std::optional<LostProbe> Matcher::refused(int error) noexcept {
  if (tracker_.outstanding() == 0) return std::nullopt;
  return refuse(tracker_.oldest_outstanding(), error);
}

LostProbe Matcher::refuse(Sequence sequence, int error) noexcept {
  const ReplyStatus status = status_of(error);
  return lose(sequence, status, status == ReplyStatus::timeout ? Loss::silent : Loss::explained);
}

std::optional<LostProbe> Matcher::disconnected() noexcept {
  if (tracker_.outstanding() == 0) return std::nullopt;
  return lose(tracker_.oldest_outstanding(), ReplyStatus::timeout, Loss::explained);
}

LostProbe Matcher::lose(Sequence sequence, ReplyStatus status, Loss how) noexcept {
  tracker_.lose(sequence, how);
  forget_candidate(sequence);
  return {sequence, status, tracker_.sent_probe(sequence)};
}

}  // namespace netecho
