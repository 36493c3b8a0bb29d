#include "core/probe/prober_recorder.hpp"

namespace netecho {
namespace {

/// The time between a server's two stamps; none if they contradict each other or the round trip.
std::optional<Duration> residence_of(const FrameStamp& stamp, Duration rtt) noexcept {
  if (stamp.received_unix_ns == 0 || stamp.sent_unix_ns < stamp.received_unix_ns) return {};
  const std::uint64_t residence = stamp.sent_unix_ns - stamp.received_unix_ns;
  if (residence > static_cast<std::uint64_t>(rtt.count())) return {};
  return Duration{static_cast<std::int64_t>(residence)};
}

}  // namespace

Recorder::Recorder(const ProberContext& context, const FlowIdentity& identity)
    : options_{context.options},
      clock_{context.clock},
      teller_{context, identity},
      figures_{context.options, context.clock, identity.space},
      recent_{identity.space} {}

void Recorder::start(Instant first) noexcept {
  figures_.begin(first);
  clock_offset_.read(clock_);
}

void Recorder::read_clocks() noexcept {
  const bool wall_counts =
      options_.timestamps == TimestampSource::kernel || options_.clocks == HostClocks::synchronized;
  if (wall_counts) clock_offset_.read(clock_);
}

void Recorder::sent(std::uint64_t probes, std::uint64_t bytes, Duration call,
                    std::optional<Duration> lateness) {
  if (figures_.kept()) figures_.statistics.sent(call, lateness);
  figures_.counts.sent += probes;
  if (options_.echoes()) figures_.counts.tx_bytes += bytes;
}

void Recorder::skipped(Sequence first, std::uint64_t ticks, std::optional<Instant> due,
                       SkipReason reason) {
  figures_.counts.skipped += ticks;
  if (reason == SkipReason::no_connection) figures_.counts.no_connection += ticks;
  figures_.statistics.unanswered(ticks);
  if (due || options_.keep == Keep::counts) {
    teller_.tell(first, ReplyStatus::skipped, {.sent = due, .ticks = ticks});
  }
}

void Recorder::send_failed(Sequence sequence, std::optional<Instant> due, int error) {
  ++figures_.counts.send_errors;
  figures_.statistics.unanswered(1);
  figures_.counts.reasons.count(ReplyStatus::send_error, error, nullptr);
  teller_.tell(sequence, ReplyStatus::send_error, {.sent = due, .reason = {.error = error}});
}

void Recorder::cut_off(std::span<const std::byte> bytes) noexcept {
  if (stamped_) return;
  foreign_.add(bytes);
  figures_.counts.rx_bytes += bytes.size();
}

void Recorder::answered(Sequence sequence, const Arrival& arrival,
                        const std::optional<FrameStamp>& stamp, std::uint64_t sent_total,
                        const Reply& reply) {
  const Duration rtt = *arrival.rtt;
  const Instant sent = reply.message->at - rtt;
  std::optional<Duration> response;
  if (!options_.floods()) response = rtt + arrival.lateness;
  const std::uint64_t probes = arrival.probes;
  figures_.counts.received += probes;
  figures_.counts.last_reply = reply.message->at;
  if (arrival.reordered) ++figures_.counts.reordered;
  if (options_.status_interval != Duration::max()) recent_.record(rtt, probes);
  std::optional<std::uint64_t> server_count;
  std::optional<Duration> residence;
  if (stamp) {
    server_count = stamp->count;
    residence = residence_of(*stamp, rtt);
  }
  if (figures_.kept()) {
    figures_.arrived_with(reply.message->hop_limit);
    figures_.received(rtt, response, probes);
    if (residence) figures_.resided(*residence, probes);
    if (stamp && options_.clocks == HostClocks::synchronized)
      record_one_way(*reply.message, *stamp, sent, probes);
    // What the last of them tells is true of those before it.
    const std::uint64_t behind = probes - 1;
    if (server_count) *server_count += behind;
    figures_.order().loss_direction.answered({sequence.value + behind}, arrival.sent_up_to + behind,
                                             server_count, sent_total);
  }
  stamped_ = stamped_.value_or(true) && stamp.has_value();
  if (!teller_.tells()) return;
  teller_.tell(sequence, ReplyStatus::ok,
               {.sent = sent,
                .lateness = arrival.lateness,
                .rtt = rtt,
                .response = response,
                .residence = residence,
                .reordered = arrival.reordered,
                .sent_up_to = arrival.sent_up_to,
                .server_count = server_count,
                .reply = reply});
}

/// Both stamps are of CLOCK_REALTIME; across a step of it their difference means nothing.
void Recorder::kernel_rtt(const Slot& message, Duration around, std::optional<WallTime> left) {
  // The kernel's clock may be slewed by 500 ppm; a longer round trip than the one that lies around
  // it is of another probe's stamp.
  const Duration most = around + around / 1000;
  const Duration rtt = left && message.kernel_at ? *message.kernel_at - *left : Duration{-1};
  const Instant sent = message.at - around;
  if (clock_offset_.stepped_since(sent) || rtt < Duration::zero() || rtt > most) {
    ++figures_.statistics.discarded;
    return;
  }
  figures_.statistics.rtt_kernel.record(rtt);
}

/// A negative delay shows that the clocks are not synchronized so well: it is discarded, too.
void Recorder::record_one_way(const Slot& message, const FrameStamp& stamp, Instant sent,
                              std::uint64_t probes) {
  const auto wall = [](std::uint64_t unix_ns) {
    return WallTime{Duration{static_cast<std::int64_t>(unix_ns)}};
  };
  const Duration forward = wall(stamp.received_unix_ns) - clock_offset_.wall(sent);
  const Duration reverse = clock_offset_.wall(message.at) - wall(stamp.sent_unix_ns);
  if (clock_offset_.stepped_since(sent) || forward < Duration::zero() ||
      reverse < Duration::zero()) {
    figures_.statistics.discarded += probes;
    return;
  }
  figures_.statistics.one_way_forward.record(forward, probes);
  figures_.statistics.one_way_reverse.record(reverse, probes);
}

void Recorder::answered_by_another(Sequence sequence, Duration rtt, const Reply& reply) {
  teller_.tell(sequence, ReplyStatus::ok,
               {.sent = reply.message->at - rtt, .rtt = rtt, .reply = reply});
}

void Recorder::late(Sequence sequence, const Arrival& arrival, const Reply& reply) {
  ++figures_.counts.late;
  std::optional<Instant> sent;
  if (arrival.rtt) sent = reply.message->at - *arrival.rtt;
  teller_.tell(sequence, ReplyStatus::late,
               {.sent = sent, .lateness = arrival.lateness, .rtt = arrival.rtt, .reply = reply});
}

void Recorder::duplicate(Sequence sequence, const Reply& reply) {
  ++figures_.counts.duplicate;
  teller_.tell(sequence, ReplyStatus::duplicate, {.reply = reply});
}

void Recorder::lost(const LostProbe& probe, const Reason& reason, const Reply& reply) {
  figures_.statistics.unanswered(1);
  ++total_of(probe.status);
  // A time-out is its own reason, whoever kept the time.
  const Reason why = probe.status == ReplyStatus::timeout ? Reason{} : reason;
  if (why.error != 0) figures_.counts.reasons.count(probe.status, why.error, why.icmp);
  if (!teller_.tells()) return;
  Teller::Detail detail{.reply = reply, .reason = why};
  if (probe.sent) {
    detail.sent = probe.sent->at;
    detail.lateness = probe.sent->lateness;
  }
  teller_.tell(probe.sequence, probe.status, detail);
}

std::uint64_t& Recorder::total_of(ReplyStatus status) noexcept {
  switch (status) {
    case ReplyStatus::mismatch:
      return figures_.counts.mismatch;
    case ReplyStatus::refused:
      return figures_.counts.refused;
    case ReplyStatus::unreachable:
      return figures_.counts.unreachable;
    default:
      return figures_.counts.timeout;
  }
}

FigureSet Recorder::whole(Instant now, const SequenceTracker& tracker,
                          std::span<const std::byte> unfinished) const {
  FigureSet out = figures_.whole(now, tracker);
  if (!stamped_) out.counts.rx_bytes += unfinished.size();
  return out;
}

std::optional<PayloadSample> Recorder::foreign_reply(std::span<const std::byte> unfinished) const {
  if (stamped_) return std::nullopt;
  return foreign_.sample(unfinished);
}

}  // namespace netecho
