#pragma once

/// \file
/// The probes that a flow sends before its schedule, in a session of their own: they fill caches,
/// tables and congestion windows, and are in no figure.

#include <memory>

#include "core/probe/probe_format.hpp"
#include "core/probe/prober.hpp"
#include "core/probe/prober_buffers.hpp"

namespace netecho {

/// One flow's warm-up: a probe at a time, the next one an interval later (in a flood at once), and
/// never before the last was answered or is lost.
class WarmUp {
 public:
  /// `options`, `port` and `buffers` outlive it. `format` is of a session of its own.
  WarmUp(MessagePort& port, const ProbeOptions& options, std::unique_ptr<ProbeFormat> format,
         ProberBuffers& buffers);

  [[nodiscard]] bool finished() const noexcept { return finished_; }
  /// Probes that left.
  [[nodiscard]] std::uint64_t sent_total() const noexcept { return left_; }
  /// How many of them nothing came back of in time.
  [[nodiscard]] std::uint64_t lost_total() const noexcept { return lost_; }
  /// When on_time() has something to do.
  [[nodiscard]] Instant next_event() const noexcept {
    if (finished_) return {};  // Its flow is to begin, at once.
    return waiting_ ? expires_ : next_send_;
  }

  void on_time(Instant now);
  /// Takes what the port has.
  void on_ready();

 private:
  MessagePort& port_;
  const ProbeOptions& options_;
  std::unique_ptr<ProbeFormat> format_;
  Batch& outgoing_;
  Batch& incoming_;
  std::uint64_t sent_ = 0;  ///< Or tried to.
  std::uint64_t left_ = 0;
  std::uint64_t lost_ = 0;
  Sequence sequence_;  ///< Of the last one sent.
  Instant next_send_{};
  Instant expires_ = kNever;
  bool waiting_ = false;
  bool finished_ = false;
};

}  // namespace netecho
