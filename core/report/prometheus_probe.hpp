#pragma once

/// \file
/// The metrics of probes (docs/metrics.md). They are rendered a family at a time over any number of
/// targets, so that thousands need no more memory than their figures.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/facts/probe_counts.hpp"
#include "core/net/endpoint.hpp"
#include "core/report/prometheus_text.hpp"

namespace netecho {

/// Labels that no one else may give to a series of ours.
[[nodiscard]] std::span<const std::string_view> reserved_labels() noexcept;

/// Returns the labels that every series of a target begins with. `family` is that of the address
/// probed; none while it is not known, and then there is no such label.
[[nodiscard]] std::string target_labels(std::string_view target, std::string_view transport,
                                        std::optional<AddressFamily> family);

/// A target as it is now: one series of each family that has been measured.
struct ProbeSeries {
  std::string labels;  ///< No two targets have the same.
  ProbeCounts counts{};
  std::optional<std::uint64_t> lost_forward{};
  std::optional<std::uint64_t> lost_reverse{};
  // Null: not measured. Of the first three, what went unanswered is in them without a value.
  const BucketCounts* rtt = nullptr;
  const BucketCounts* connect_time = nullptr;
  const BucketCounts* response = nullptr;
  const BucketCounts* server_residence = nullptr;
  bool up = false;  ///< There was a reply within the last interval and the time-out.
  std::optional<std::uint64_t> reply_hop_limit{};
  std::optional<Duration> jitter{};
  std::optional<std::uint64_t> path_mtu_bytes{};
};

struct ProbeFamily {
  MetricFamily family;
  void (*append)(FamilyText& out, const ProbeSeries& target);
};
[[nodiscard]] std::span<const ProbeFamily> probe_families() noexcept;

/// Appends all families, with all targets at once.
void append_probe_metrics(std::string& out, std::span<const ProbeSeries> targets,
                          Exposition exposition);
/// Appends how late probes were sent, of all targets together: that says something of this machine.
void append_send_lateness(std::string& out, const BucketCounts& lateness, Exposition exposition);

}  // namespace netecho
