#include "core/watch/series_figures.hpp"

namespace netecho {

void SeriesFigures::record_answer(const ProbeOutcome& outcome, Flow& flow) {
  ++sent;
  ++received;
  if (outcome.reordered) ++reordered;
  if (outcome.reply != nullptr && outcome.reply->hop_limit != 0) {
    hop_limit = outcome.reply->hop_limit;
  }
  last_reply = outcome.received;
  last_rtt = outcome.rtt;
  last_error = 0;
  if (outcome.rtt) {
    rtt.record(*outcome.rtt);
    flow.jitter.received(*outcome.rtt);
  }
  if (outcome.response) response.record(*outcome.response);
  if (outcome.server_residence) {
    if (!server_residence) server_residence.emplace(rtt.bounds());
    server_residence->record(*outcome.server_residence);
  }
  flow.split.answered(outcome.sent_up_to, outcome.server_count, flow.lost);
}

void SeriesFigures::record_loss(const ProbeOutcome& outcome, std::uint64_t& reason, Flow& flow) {
  ++sent;
  ++reason;
  ++flow.lost;
  last_error = outcome.error;
  unanswered(1);
}

void SeriesFigures::record(const ProbeOutcome& outcome) {
  Flow& flow = flows_[outcome.flow];
  switch (outcome.status) {
    case ReplyStatus::ok:
      return record_answer(outcome, flow);
    case ReplyStatus::late:
      ++late;
      return;
    case ReplyStatus::duplicate:
      ++duplicate;
      return;
    case ReplyStatus::timeout:
      return record_loss(outcome, timeout, flow);
    case ReplyStatus::mismatch:
      return record_loss(outcome, mismatch, flow);
    case ReplyStatus::refused:
      return record_loss(outcome, refused, flow);
    case ReplyStatus::unreachable:
      return record_loss(outcome, unreachable, flow);
    case ReplyStatus::send_error:
      ++send_errors;
      last_error = outcome.error;
      unanswered(1);
      return;
    case ReplyStatus::skipped:
      (denied ? send_errors : skipped) += outcome.ticks;
      unanswered(outcome.ticks);
      return;
  }
}

std::optional<std::uint64_t> SeriesFigures::lost_forward() const {
  std::optional<std::uint64_t> out;
  for (const auto& [number, flow] : flows_) {
    if (!flow.split.known()) return std::nullopt;
    out = out.value_or(past_forward_) + flow.split.forward();
  }
  return out;
}

std::optional<std::uint64_t> SeriesFigures::lost_reverse() const {
  std::optional<std::uint64_t> out;
  for (const auto& [number, flow] : flows_) {
    if (!flow.split.known()) return std::nullopt;
    out = out.value_or(past_reverse_) + flow.split.reverse();
  }
  return out;
}

std::optional<Duration> SeriesFigures::jitter() const {
  Duration sum{};
  std::int64_t flows = 0;
  for (const auto& [number, flow] : flows_) {
    if (const auto jitter = flow.jitter.value()) {
      sum += *jitter;
      ++flows;
    }
  }
  if (flows == 0) return std::nullopt;
  return sum / flows;
}

void SeriesFigures::begin_flows() {
  for (const auto& [number, flow] : flows_) {
    if (!flow.split.known()) continue;
    past_forward_ += flow.split.forward();
    past_reverse_ += flow.split.reverse();
  }
  flows_.clear();
}

}  // namespace netecho
