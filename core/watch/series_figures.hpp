#pragma once

/// \file
/// What one series of `watch` has counted and measured since it began.

#include <cstdint>
#include <map>
#include <optional>
#include <span>

#include "core/base/units.hpp"
#include "core/facts/probe_counts.hpp"
#include "core/measure/bucket_counts.hpp"
#include "core/measure/round_trip.hpp"
#include "core/net/endpoint.hpp"
#include "core/probe/probe_observer.hpp"
#include "core/watch/loss_split.hpp"

namespace netecho {

/// A probe is counted when it is known what became of it: so what was sent is what was received and
/// what was lost.
struct SeriesFigures : ProbeCounts {
  /// `bounds` outlive it.
  explicit SeriesFigures(std::span<const Duration> bounds) : rtt{bounds}, response{bounds} {}

  BucketCounts rtt;
  BucketCounts response;
  std::optional<BucketCounts> server_residence{};  ///< Once the server has stamped.
  std::optional<Instant> last_reply{};
  std::optional<Duration> last_rtt{};
  Duration up_within{};  ///< After its last reply it is up for so long: interval and time-out.
  int last_error = 0;    ///< errno of the last probe that was not sent or not answered.
  std::uint8_t hop_limit = 0;  ///< The last reply came with it; 0: unknown.

  // What the connection says.
  bool denied = false;  ///< No socket may be opened (EPERM): ticks are sends that fail.
  std::optional<AddressFamily> family{};
  std::optional<std::string> address{};  ///< The peer's; none while there is no connection.
  std::optional<std::uint64_t> path_mtu_bytes{};

  /// Records one outcome. Allocates at the first stamp of a server and of a flow.
  void record(const ProbeOutcome& outcome);
  /// Those of all flows together; none where the server does not tell.
  [[nodiscard]] std::optional<std::uint64_t> lost_forward() const;
  [[nodiscard]] std::optional<std::uint64_t> lost_reverse() const;
  /// The mean of its flows'; none before two replies.
  [[nodiscard]] std::optional<Duration> jitter() const;
  [[nodiscard]] bool up(Instant now) const noexcept {
    return last_reply && now - *last_reply <= up_within;
  }
  /// The flows begin anew, with sessions of their own, and their sums stay.
  void begin_flows();

 private:
  /// What depends on the order of one flow's probes.
  struct Flow {
    LossSplit split;
    std::uint64_t lost = 0;
    Rfc3550Jitter jitter;
  };

  void record_answer(const ProbeOutcome& outcome, Flow& flow);
  void record_loss(const ProbeOutcome& outcome, std::uint64_t& reason, Flow& flow);
  void unanswered(std::uint64_t ticks) noexcept {
    rtt.record_infinite(ticks);
    response.record_infinite(ticks);
  }

  std::map<std::uint32_t, Flow> flows_;
  std::uint64_t past_forward_ = 0;  ///< What flows that ended lost.
  std::uint64_t past_reverse_ = 0;
};

}  // namespace netecho
