#pragma once

/// \file
/// Who hears of a measurement while it goes on, and what it comes to.

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "core/base/units.hpp"
#include "core/facts/run_detail.hpp"
#include "core/facts/summary.hpp"
#include "core/measure/histogram.hpp"
#include "core/seam/batch.hpp"

namespace netecho {

/// What became of one probe (one final status a sequence), or an extra copy: late, duplicate.
struct ProbeOutcome {
  std::size_t target = 0;  ///< Its number in the run.
  std::uint32_t flow = 0;
  Sequence sequence;
  ReplyStatus status = ReplyStatus::ok;
  std::uint64_t ticks = 1;  ///< So many were skipped from this sequence on (Keep::counts).
  std::optional<Instant> intended{};
  std::optional<Instant> sent{};      ///< T1.
  std::optional<Instant> received{};  ///< T4.
  std::optional<Duration> rtt{};
  std::optional<Duration> response{};
  std::optional<Duration> server_residence{};
  bool reordered = false;        ///< It was answered after a later one.
  std::uint64_t sent_up_to = 0;  ///< Probes sent up to and including an answered one.
  std::optional<std::uint64_t> server_count{};  ///< Probes that the server had seen; 0: unknown.
  int error = 0;                                ///< errno of why it was not sent or not answered.
  const IcmpError* icmp = nullptr;              ///< What the network said, during the call only.
  const Slot* reply = nullptr;                  ///< The message received, during the call only.
  /// Who sent it, or accepted the connection; null where that is not known. During the call only.
  const SocketDescription* peer = nullptr;
};

/// The figures of one target: of a whole run, or of the interval since the last report.
struct ProbeResult {
  Summary summary;                            ///< All flows together.
  std::vector<Summary> flows;                 ///< Each, if there are several.
  std::shared_ptr<const Histogram> latency;   ///< Of all: RTT, or the time of connecting.
  std::shared_ptr<const RunDetail> detail{};  ///< Of all; null if it was never probed.
};

/// A quick look at a running measurement, for people.
struct ProbeStatus {
  std::uint64_t sent = 0;
  std::uint64_t received = 0;
  std::uint64_t lost = 0;
  std::uint64_t skipped = 0;
  std::uint64_t unanswered = 0;    ///< Lost, not sent, or without a connection.
  std::optional<Duration> recent;  ///< Median since the last look; none without a reply.
  std::optional<Duration> p50, p99, max;
};

class ProbeObserver {
 public:
  virtual ~ProbeObserver() = default;
  /// A target came; the next number. Before anything else is told of it.
  virtual void came(std::size_t /*target*/, const SocketDescription& /*description*/) {}
  /// The schedule begins; the wall clock's time of it. Targets may come later.
  virtual void began(Instant /*start*/, WallTime /*wall*/) {}
  /// Asked once, before the run: whether outcome() is to be called.
  [[nodiscard]] virtual bool wants_outcomes() const noexcept { return false; }
  virtual void outcome(const ProbeOutcome& /*outcome*/) {}
  /// A flow failed: it never began, or ended before its schedule. Once a flow.
  virtual void failed(std::size_t /*target*/, const ErrorEvent& /*error*/) {}
  /// Every report interval, and when a signal asked for it: one result a target, in order.
  virtual void interval(std::span<const ProbeResult> /*targets*/) {}
  /// Every status interval.
  virtual void status(std::span<const ProbeStatus> /*targets*/) {}
  /// True once nobody is interested any more: the run ends as if interrupted.
  [[nodiscard]] virtual bool gone() const noexcept { return false; }
};

}  // namespace netecho
