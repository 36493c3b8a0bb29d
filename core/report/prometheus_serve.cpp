#include "core/report/prometheus_serve.hpp"

#include <algorithm>
#include <vector>

namespace netecho {
namespace {

struct ServeSeries {
  std::string labels;
  std::vector<const EndpointStats*> sockets;  ///< At least one.
};

struct ServeFamily {
  MetricFamily family;
  /// One value; none where it says nothing, as messages of a stream.
  std::optional<std::uint64_t> (*value)(const EndpointStats& socket);
};

template <auto kCount>
std::optional<std::uint64_t> serve_count(const EndpointStats& socket) {
  return socket.*kCount;
}

constexpr ServeFamily kServeFamilies[] = {
    {{"netecho_serve_received_bytes", MetricType::counter, "Payload bytes received."},
     serve_count<&EndpointStats::rx_bytes_total>},
    {{"netecho_serve_sent_bytes", MetricType::counter, "Payload bytes sent back."},
     serve_count<&EndpointStats::tx_bytes_total>},
    {{"netecho_serve_received_messages", MetricType::counter, "Datagrams and records received."},
     serve_count<&EndpointStats::rx_messages_total>},
    {{"netecho_serve_sent_messages", MetricType::counter, "Datagrams and records sent back."},
     serve_count<&EndpointStats::tx_messages_total>},
    {{"netecho_serve_accepted", MetricType::counter, "Connections accepted."},
     serve_count<&EndpointStats::accepted_total>},
    {{"netecho_serve_rejected", MetricType::counter, "Connections refused by a limit or a rule."},
     serve_count<&EndpointStats::rejected_total>},
    {{"netecho_serve_connections", MetricType::gauge, "Connections that are open."},
     serve_count<&EndpointStats::connections_open>},
    {{"netecho_serve_frames_stamped", MetricType::counter,
      "Frames of netecho's probes that were stamped."},
     serve_count<&EndpointStats::frames_stamped_total>},
};

constexpr MetricFamily kDropped{"netecho_serve_dropped", MetricType::counter,
                                "Messages that were not answered, by reason."};

std::vector<ServeSeries> serve_series(std::span<const EndpointStats> endpoints) {
  std::vector<ServeSeries> out;
  for (const EndpointStats& socket : endpoints) {
    std::string labels;
    append_label(labels, {"endpoint", label_of_name(socket.endpoint.uri)});
    const auto same = std::ranges::find(out, labels, &ServeSeries::labels);
    if (same == out.end()) {
      out.push_back({std::move(labels), {&socket}});
    } else {
      same->sockets.push_back(&socket);
    }
  }
  return out;
}

void append_values(FamilyText& out, const ServeSeries& series, const ServeFamily& each) {
  std::optional<std::uint64_t> sum;
  for (const EndpointStats* socket : series.sockets) {
    if (const auto value = each.value(*socket)) sum = sum.value_or(0) + *value;
  }
  if (sum) out.sample(series.labels, *sum);
}

void append_drops(FamilyText& out, const ServeSeries& series) {
  for (std::size_t i = 0; i < kDropReasonCount; ++i) {
    std::uint64_t sum = 0;
    for (const EndpointStats* socket : series.sockets) sum += socket->dropped_total[i];
    out.sample(series.labels, {"reason", to_string(static_cast<DropReason>(i))}, sum);
  }
}

}  // namespace

void append_serve_metrics(std::string& out, std::span<const EndpointStats> endpoints,
                          Exposition exposition) {
  const std::vector<ServeSeries> all = serve_series(endpoints);
  for (const ServeFamily& each : kServeFamilies) {
    FamilyText text{out, each.family, exposition};
    for (const ServeSeries& series : all) append_values(text, series, each);
  }
  FamilyText text{out, kDropped, exposition};
  for (const ServeSeries& series : all) append_drops(text, series);
}

}  // namespace netecho
