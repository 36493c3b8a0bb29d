#include "core/measure/probe_statistics.hpp"

#include <algorithm>
#include <cmath>

namespace netecho {

void ProbeStatistics::skip() noexcept {
  ++counts_.skipped;
  histograms_.response.record_infinite();
  probes_.add_unsent();
  visit_settled();
}

void ProbeStatistics::fail_send() noexcept {
  ++counts_.send_error;
  histograms_.response.record_infinite();
  probes_.add_unsent();
  visit_settled();
}

void ProbeStatistics::send(Instant intended, Instant sent, Duration send_call) noexcept {
  if (probes_.sent() == 0) first_sent_ = sent;
  last_sent_ = sent;
  histograms_.send_lateness.record(sent - intended);
  histograms_.send_call.record(send_call);
  probes_.add_sent(intended, sent);
}

CopyKind ProbeStatistics::receive(Sequence sequence, Instant at,
                                  const std::optional<FrameStamp>& stamp) noexcept {
  if (sequence >= probes_.next()) return CopyKind::stranger;
  TrackedProbe* const probe = probes_.find(sequence);
  // Forgotten, because it is many time-outs old: whatever else it is, it is late.
  if (probe == nullptr || probe->state == ProbeState::lost) {
    if (probe != nullptr) probe->state = ProbeState::lost_answered;
    ++counts_.late;
    return CopyKind::late;
  }
  switch (probe->state) {
    case ProbeState::unsent:
      return CopyKind::stranger;
    case ProbeState::outstanding:
      record(sequence, *probe, at);
      record_stamp(sequence, stamp);
      visit_settled();
      return CopyKind::first;
    default:
      ++counts_.duplicate;
      return CopyKind::duplicate;
  }
}

void ProbeStatistics::record(Sequence sequence, TrackedProbe& probe, Instant at) noexcept {
  probes_.settle(probe, ProbeState::received);
  ++counts_.received;
  probe.rtt = at - probe.sent;
  histograms_.rtt.record(probe.rtt);
  histograms_.response.record(at - probe.intended);
  record_jitter(probe.rtt);

  if (!highest_answered_ || sequence > *highest_answered_) {
    highest_answered_ = sequence;
    sent_up_to_highest_ = probe.ordinal;
  } else {
    ++counts_.reordered;
  }
  // Of two neighbours the one that arrives second finds the other.
  const auto compare = [&](const TrackedProbe* neighbour) {
    if (neighbour == nullptr || neighbour->state != ProbeState::received) return;
    histograms_.rtt_variation.record(std::chrono::abs(probe.rtt - neighbour->rtt));
  };
  if (sequence.value > 0) compare(probes_.find(Sequence{sequence.value - 1}));
  compare(probes_.find(Sequence{sequence.value + 1}));
}

/// RFC 3550 section 6.4.1, with the round trip for its one-way transit time.
void ProbeStatistics::record_jitter(Duration rtt) noexcept {
  if (last_rtt_) {
    const auto difference = static_cast<double>(std::chrono::abs(rtt - *last_rtt_).count());
    const double jitter = jitter_.value_or(0.0);
    jitter_ = jitter + (difference - jitter) / 16;
  }
  last_rtt_ = rtt;
}

void ProbeStatistics::record_stamp(Sequence sequence,
                                   const std::optional<FrameStamp>& stamp) noexcept {
  if (!stamp) return;
  ++stamped_replies_;
  if (stamp->count == 0 || stamp->count - 1 > sequence.value) counts_tell_ = false;
  greatest_count_ = std::max(greatest_count_, stamp->count);
  if (stamp->sent_unix_ns < stamp->received_unix_ns) return;
  const std::uint64_t residence = stamp->sent_unix_ns - stamp->received_unix_ns;
  if (residence > static_cast<std::uint64_t>(Duration::max().count())) return;
  histograms_.server_residence.record(Duration{static_cast<std::int64_t>(residence)});
}

void ProbeStatistics::lose(Sequence sequence, LossKind kind) noexcept {
  TrackedProbe* const probe = probes_.find(sequence);
  if (probe == nullptr || probe->state != ProbeState::outstanding) return;
  switch (kind) {
    case LossKind::timeout:
      ++counts_.timeout;
      break;
    case LossKind::mismatch:
      ++counts_.mismatch;
      break;
    case LossKind::refused:
      ++counts_.refused;
      break;
    case LossKind::unreachable:
      ++counts_.unreachable;
      break;
  }
  histograms_.response.record_infinite();
  probes_.settle(*probe, kind == LossKind::mismatch ? ProbeState::lost_answered : ProbeState::lost);
  visit_settled();
}

void ProbeStatistics::close_run(LossRunFigures& figures, std::uint64_t length,
                                Duration lasted) noexcept {
  if (length == 0) return;
  ++figures.count;
  figures.longest = std::max(figures.longest, length);
  figures.longest_duration = std::max(figures.longest_duration, lasted);
}

void ProbeStatistics::visit_settled() noexcept {
  probes_.visit_settled([this](const TrackedProbe& probe) {
    if (probe.state == ProbeState::received) {
      close_run(runs_, std::exchange(run_length_, 0), probe.sent - run_start_);
    } else if (probe.state != ProbeState::unsent && run_length_++ == 0) {
      run_start_ = probe.sent;
    }
  });
}

std::optional<bool> ProbeStatistics::stamped() const noexcept {
  if (counts_.received == 0) return std::nullopt;
  return stamped_replies_ == counts_.received;
}

/// What RFC 7680 calls loss, of each direction. The server counts what arrives; of the probes up to
/// the highest answered one, those that it has not counted were lost on their way to it.
std::optional<DirectedLoss> ProbeStatistics::directed_loss() const noexcept {
  if (!highest_answered_ || !stamped().value_or(false) || !counts_tell_) return std::nullopt;
  // Requests that overtook others may be counted beyond the highest answer.
  const std::uint64_t arrived = std::min(greatest_count_, sent_up_to_highest_);
  const std::uint64_t forward = sent_up_to_highest_ - arrived;
  const std::uint64_t lost =
      sent_up_to_highest_ - counts_.received - probes_.outstanding_up_to(*highest_answered_);
  return DirectedLoss{.forward = std::min(forward, lost),
                      .reverse = lost - std::min(forward, lost)};
}

LossRunFigures ProbeStatistics::loss_runs(Instant now) const noexcept {
  LossRunFigures figures = runs_;
  close_run(figures, run_length_, now - run_start_);
  return figures;
}

std::optional<Duration> ProbeStatistics::jitter() const noexcept {
  if (!jitter_) return std::nullopt;
  return Duration{std::llround(*jitter_)};
}

std::optional<double> ProbeStatistics::achieved_per_second() const noexcept {
  if (probes_.sent() < 2 || last_sent_ == first_sent_) return std::nullopt;
  const std::chrono::duration<double> span = last_sent_ - first_sent_;
  return static_cast<double>(probes_.sent() - 1) / span.count();
}

}  // namespace netecho
