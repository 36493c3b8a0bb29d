#include "core/report/prometheus_probe.hpp"

#include <array>

namespace netecho {
namespace {

constexpr std::array<std::string_view, 10> kReservedLabels{
    "target",    "transport", "family", "address", "reason",
    "direction", "endpoint",  "flow",   "le",      "quantile"};

void append_losses(FamilyText& out, const ProbeSeries& t) {
  out.sample(t.labels, {"reason", "timeout"}, t.counts.timeout);
  out.sample(t.labels, {"reason", "mismatch"}, t.counts.mismatch);
  out.sample(t.labels, {"reason", "refused"}, t.counts.refused);
  out.sample(t.labels, {"reason", "unreachable"}, t.counts.unreachable);
}

void append_directions(FamilyText& out, const ProbeSeries& t) {
  if (!t.lost_forward || !t.lost_reverse) return;
  out.sample(t.labels, {"direction", "forward"}, *t.lost_forward);
  out.sample(t.labels, {"direction", "reverse"}, *t.lost_reverse);
}

/// Appends a counter that every target has.
template <std::uint64_t ProbeCounts::*kCount>
void append_count(FamilyText& out, const ProbeSeries& t) {
  out.sample(t.labels, t.counts.*kCount);
}

/// Appends a distribution, if it was measured.
template <const BucketCounts* ProbeSeries::*kBuckets>
void append_buckets(FamilyText& out, const ProbeSeries& t) {
  if (t.*kBuckets != nullptr) out.sample(t.labels, *(t.*kBuckets));
}

/// Appends a figure, if it was measured.
template <auto kFigure>
void append_figure(FamilyText& out, const ProbeSeries& t) {
  if (t.*kFigure) out.sample(t.labels, *(t.*kFigure));
}

constexpr ProbeFamily kProbeFamilies[] = {
    {{"netecho_probe_sent", MetricType::counter, "Probes that left."},
     append_count<&ProbeCounts::sent>},
    {{"netecho_probe_received", MetricType::counter, "Probes whose reply came whole and in time."},
     append_count<&ProbeCounts::received>},
    {{"netecho_probe_lost", MetricType::counter,
      "Probes that left and got no right reply in time, by reason."},
     append_losses},
    {{"netecho_probe_lost_direction", MetricType::counter,
      "Probes lost on the way there and on the way back, as the server's counts tell."},
     append_directions},
    {{"netecho_probe_send_errors", MetricType::counter, "Probes that could not be sent."},
     append_count<&ProbeCounts::send_errors>},
    {{"netecho_probe_skipped", MetricType::counter,
      "Ticks of the schedule that passed without a probe."},
     append_count<&ProbeCounts::skipped>},
    {{"netecho_probe_duplicate", MetricType::counter, "Further copies of replies."},
     append_count<&ProbeCounts::duplicate>},
    {{"netecho_probe_reordered", MetricType::counter,
      "Replies that came behind that of a later probe."},
     append_count<&ProbeCounts::reordered>},
    {{"netecho_probe_late", MetricType::counter,
      "Replies that came when their probe was lost already."},
     append_count<&ProbeCounts::late>},
    {{"netecho_probe_rtt_seconds", MetricType::histogram,
      "Round trips; a probe without a reply and a skipped tick have no value: +Inf."},
     append_buckets<&ProbeSeries::rtt>},
    {{"netecho_probe_connect_time_seconds", MetricType::histogram,
      "Times until a connection stood; an attempt that failed has no value: +Inf."},
     append_buckets<&ProbeSeries::connect_time>},
    {{"netecho_probe_response_seconds", MetricType::histogram,
      "From when a probe was due to its reply; without a reply there is no value: +Inf."},
     append_buckets<&ProbeSeries::response>},
    {{"netecho_probe_server_residence_seconds", MetricType::histogram,
      "How long the server had a probe, by its own stamps."},
     append_buckets<&ProbeSeries::server_residence>},
    {{"netecho_probe_up", MetricType::gauge,
      "Whether a reply came within the last interval and the time-out."},
     [](FamilyText& out, const ProbeSeries& t) {
       out.sample(t.labels, std::uint64_t{t.up ? 1U : 0U});
     }},
    {{"netecho_probe_reply_hop_limit", MetricType::gauge,
      "Hop limit (TTL) that replies arrived with."},
     append_figure<&ProbeSeries::reply_hop_limit>},
    {{"netecho_probe_jitter_seconds", MetricType::gauge, "Jitter of round trips (RFC 3550)."},
     append_figure<&ProbeSeries::jitter>},
    {{"netecho_probe_path_mtu_bytes", MetricType::gauge, "Path MTU, as the kernel knows it."},
     append_figure<&ProbeSeries::path_mtu_bytes>},
};

constexpr MetricFamily kSendLateness{
    "netecho_probe_send_lateness_seconds", MetricType::histogram,
    "How late probes of all targets were sent: the error of this machine itself."};

}  // namespace

std::span<const std::string_view> reserved_labels() noexcept {
  return kReservedLabels;
}

std::string target_labels(std::string_view target, std::string_view transport,
                          std::optional<AddressFamily> family) {
  std::string out;
  append_label(out, {"target", label_of_name(target)});
  append_label(out, {"transport", transport});
  if (family) append_label(out, {"family", to_string(*family)});
  return out;
}

std::span<const ProbeFamily> probe_families() noexcept {
  return kProbeFamilies;
}

void append_probe_metrics(std::string& out, std::span<const ProbeSeries> targets,
                          Exposition exposition) {
  for (const ProbeFamily& each : kProbeFamilies) {
    FamilyText text{out, each.family, exposition};
    for (const ProbeSeries& target : targets) each.append(text, target);
  }
}

void append_send_lateness(std::string& out, const BucketCounts& lateness, Exposition exposition) {
  FamilyText{out, kSendLateness, exposition}.sample({}, lateness);
}

}  // namespace netecho
