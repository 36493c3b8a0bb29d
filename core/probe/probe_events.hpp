#pragma once

/// \file
/// A measurement as events: `reply` for each outcome, `interval` for each interim report.

#include <vector>

#include "core/base/clock.hpp"
#include "core/facts/event_sink.hpp"
#include "core/probe/probe_observer.hpp"

namespace netecho {

class ProbeEvents final : public ProbeObserver {
 public:
  struct Options {
    bool replies = false;                ///< Also each outcome.
    ProbeMode mode = ProbeMode::echo;    ///< A connection attempt has no payload.
    std::uint64_t size_bytes = 0;        ///< Of a probe, for what has no reply.
    std::size_t show_payload_bytes = 0;  ///< Of a reply; 0: none.
    TimestampSource timestamps = TimestampSource::user;
  };

  /// `sink` and `clock` outlive the observer.
  ProbeEvents(EventSink& sink, const Clock& clock, const Options& options)
      : sink_{sink}, clock_{clock}, options_{options} {}

  void came(std::size_t target, const SocketDescription& description) override;
  [[nodiscard]] bool wants_outcomes() const noexcept override { return options_.replies; }
  void outcome(const ProbeOutcome& outcome) override;
  void interval(std::span<const ProbeResult> targets) override;
  [[nodiscard]] bool gone() const noexcept override { return sink_.gone(); }

 private:
  EventSink& sink_;
  const Clock& clock_;
  std::vector<SocketDescription> targets_;  ///< How they are named, by number.
  Options options_;
};

}  // namespace netecho
