/// \file
/// The sending half of a flow: what is due, and what could not be sent.

#include <algorithm>
#include <span>

#include "core/probe/prober_flow.hpp"

namespace netecho {
namespace {

/// How many ticks that could not be kept are told before replies are taken again.
constexpr int kTicksATurn = 64;
/// How many of the ticks that a flow never had are told one by one.
constexpr std::uint64_t kMaxToldMissing = 1'000'000;

/// Probes of one size from `first` on, one behind the other, each a message.
void put_singly(Sequence first, std::span<std::byte> bytes, std::size_t probes,
                Batch& out) noexcept {
  const std::size_t each = bytes.size() / probes;
  for (std::size_t i = 0; i < probes; ++i) {
    out.slots()[i] = message_of({first.value + i}, bytes.subspan(i * each, each));
  }
  out.count = probes;
  out.next = 0;
}

/// The same as one train, whose probes have no room for a number each.
void put_as_train(std::span<std::byte> bytes, std::size_t probes, Batch& out) noexcept {
  Slot& slot = out.slots()[0];
  slot = {};
  slot.data = bytes.data();
  slot.size = static_cast<std::uint32_t>(bytes.size());
  slot.segment_size = static_cast<std::uint32_t>(bytes.size() / probes);
  out.count = 1;
  out.next = 0;
}

}  // namespace

void ProbeFlow::send_due(Instant now) {
  if (pacer_.held_back(now)) return;
  pacer_.retry_now();
  if (awaits_first() && now < pacer_.expires()) return;
  // The schedule begins with its first probe: what this machine did before it is in no figure.
  if (link_.connected() && pacer_.missed_start(now)) start_schedule(now);
  // One probe a call, and a bounded number of ticks that can't be kept: replies are taken in
  // between, whatever the rate.
  for (int ticks = kTicksATurn; ticks > 0 && !ended_ && pacer_.due() <= now; --ticks) {
    pacer_.note_use();
    const Instant due = pacer_.due();
    const bool tell_each = context_.tells_outcomes && pacer_.expires() <= now &&
                           context_.options.keep == Keep::figures;
    if (!link_.connected() || matcher_.tracker().full() || tell_each) {
      pacer_.advance();
      skip(1, due, link_.connected() ? SkipReason::instrument : SkipReason::no_connection);
    } else if (const std::uint64_t missed = pacer_.skip_missed(now); missed > 0) {
      skip(missed, std::nullopt, SkipReason::instrument);
    } else {
      send_one();
      return settle_figures();
    }
    settle_figures();
  }
}

/// A try has found no message. The next probe is encoded before its tick; and on_time() runs once
/// with nothing to do, so that its code and data are in the caches when the tick comes.
void ProbeFlow::prepare_next() {
  const bool sends_at_ticks = link_.connected() && pacer_.begun() && !context_.options.floods();
  if (!sends_at_ticks || all_sent() || prepared_ == matcher_.tracker().next()) return;
  const Instant now = context_.clock.now();
  // Until then an answer is more likely to come, and not to be kept waiting.
  if (now < pacer_.due() - context_.options.mean_gap() / 2) return;
  encode_next();
  if (now < next_event()) on_time(now);
}

void ProbeFlow::encode_next() noexcept {
  const Sequence next = matcher_.tracker().next();
  if (prepared_ == next) return;
  prepared_ = next;
  next_probe_ = format_->encode(next, 1);
}

void ProbeFlow::send_one() {
  encode_next();
  put_singly(matcher_.tracker().next(), next_probe_, 1, outgoing_);
  const BatchResult result = link_.send(outgoing_);
  const Instant now = context_.clock.now();
  if (result.status == IoStatus::would_block) return pacer_.retry_later(now);
  const auto answer = take_answer_at_once(result);
  const Instant due = pacer_.due();
  pacer_.advance();
  if (result.status != IoStatus::ok) return fail_send(result, due);
  const Slot& slot = outgoing_.slots()[0];
  matcher_.sent(slot.at, slot.at - due);
  recorder_.sent(1, slot.size, now - slot.at, slot.at - due);
  note_answer_at_once(now, answer);
}

/// What is done before this is in the round trip of an answer that is there already.
std::optional<BatchResult> ProbeFlow::take_answer_at_once(const BatchResult& sent) {
  if (!answers_at_once_ || sent.status != IoStatus::ok) return std::nullopt;
  return link_.receive(*incoming_);
}

void ProbeFlow::note_answer_at_once(Instant sent_until, const std::optional<BatchResult>& answer) {
  sent_until_ = sent_until;
  if (!answer) return;
  answers_at_once_ = false;
  take_received(*answer);
}

/// How many more may be outstanding.
std::size_t ProbeFlow::room() const noexcept {
  return matcher_.tracker().max_outstanding() - matcher_.tracker().outstanding();
}

/// How many probes a train has at most.
std::size_t ProbeFlow::whole_train() const noexcept {
  return std::min(kTrainMessages, kTrainBytes / std::max(context_.options.size_bytes, 1U));
}

/// Whether a train should leave before more answers are taken: a whole one, or half of the window.
/// Short ones that came back would leave as short ones, for the rest of the run.
bool ProbeFlow::has_room_for_train() const noexcept {
  return room() >= std::min(whole_train(), matcher_.tracker().max_outstanding() / 2);
}

/// One batch a call, so that replies are taken in between.
void ProbeFlow::flood(Instant now) {
  if (ended_) return;
  const std::uint64_t left = pacer_.left_of_flood(now);
  const SequenceTracker& tracker = matcher_.tracker();
  if (left == 0 || !link_.connected() || tracker.full() || pacer_.held_back(now)) return;
  pacer_.retry_now();
  // Fewer than the window where replies carry no sequence.
  const auto probes =
      static_cast<std::size_t>(std::min<std::uint64_t>({left, room(), outgoing_.slots().size()}));
  const std::uint32_t size_bytes = context_.options.size_bytes;
  const std::size_t in_train = std::min(probes, whole_train());
  const bool train = in_train > 1 && link_.takes_train(now);
  const std::size_t at_once = train ? in_train : probes;
  const Sequence next = tracker.next();
  const std::span<std::byte> bytes = format_->encode(next, at_once);
  train ? put_as_train(bytes, at_once, outgoing_) : put_singly(next, bytes, at_once, outgoing_);
  const BatchResult result = link_.send(outgoing_);
  now = context_.clock.now();
  if (result.status == IoStatus::would_block) return pacer_.retry_later(now);
  // Where several leave, nobody waits: the first answers come while the last probes are sent.
  const bool one = tracker.max_outstanding() == 1;
  const auto answer = one ? take_answer_at_once(result) : std::nullopt;
  if (result.status != IoStatus::ok) {
    pacer_.note_flooded(1);
    pacer_.retry_later(now);  // What fails at once must not spin.
    return fail_send(result, std::nullopt);
  }
  if (result.messages == 0) return;  // A train that was refused: now without one.
  const std::size_t together = train ? result.messages : 1;
  for (std::size_t i = 0; i < result.messages; i += together) {
    matcher_.sent(outgoing_.slots()[i].at, Duration::zero(), together);
  }
  recorder_.sent(result.messages, result.messages * size_bytes, now - outgoing_.slots()[0].at,
                 std::nullopt);
  pacer_.note_flooded(result.messages);
  if (one) note_answer_at_once(now, answer);
}

void ProbeFlow::fail_send(const BatchResult& result, std::optional<Instant> due) {
  recorder_.send_failed(matcher_.tracker().next(), due, result.error);
  leave_unanswered(1, due.value_or(context_.clock.now()));
  if (Link::is_gone(result)) return drop("the connection is gone", result.error);
  if (link_.new_one_may_help(result.error)) link_.reopen_later(context_.clock.now());
}

void ProbeFlow::skip(std::uint64_t ticks, std::optional<Instant> due, SkipReason reason) {
  recorder_.skipped(matcher_.tracker().next(), ticks, due, reason);
  if (reason == SkipReason::instrument) return matcher_.not_sent(ticks);
  leave_unanswered(ticks, due.value_or(context_.clock.now()));
}

/// Ticks from `due` on that were not sent, and count in runs and outages.
void ProbeFlow::leave_unanswered(std::uint64_t ticks, Instant due) {
  settle_figures();
  if (matcher_.tracker().outstanding() == 0) {
    recorder_.unanswered(due, ticks);
    return matcher_.not_sent(ticks);
  }
  matcher_.leave_unanswered(ticks, due, context_.options.mean_gap());
}

void ProbeFlow::account_for_missing(Instant until) {
  if (!ended_ || !pacer_.begun() || retired_) return;
  if (context_.options.floods()) {
    const std::uint64_t left = pacer_.missing_of_flood();
    if (left > 0) skip(left, std::nullopt, SkipReason::no_connection);
    return;
  }
  const Instant end = until == kNever && !pacer_.ends() ? context_.clock.now() : until;
  std::uint64_t told = context_.tells_outcomes ? kMaxToldMissing : 0;
  for (; told > 0 && pacer_.due() < end; --told) {
    const Instant due = pacer_.due();
    pacer_.advance();
    skip(1, due, SkipReason::no_connection);
  }
  const Instant due = pacer_.due();
  const std::uint64_t left = pacer_.skip_before(end);
  if (left > 0) skip(left, due, SkipReason::no_connection);
}

}  // namespace netecho
